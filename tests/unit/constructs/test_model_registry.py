from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Aws, CfnOutput, CfnParameter, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_sagemaker_mlops import RegistryConsumer
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.handlers import contract

GROUP = "AWS::SageMaker::ModelPackageGroup"
PURGE = contract.MODEL_PACKAGE_GROUP_PURGE


@pytest.fixture(scope="module")
def retained(tmp_path_factory: pytest.TempPathFactory, synthesised: Any) -> Any:
    return synthesised(tmp_path_factory.mktemp("retained"), lambda stack: ModelRegistry(stack, "Registry"))


@pytest.fixture(scope="module")
def destroyed(tmp_path_factory: pytest.TempPathFactory, synthesised: Any) -> Any:
    def build(stack: Stack) -> ModelRegistry:
        return ModelRegistry(
            stack,
            "Registry",
            model_package_group_name="Churn-Models",
            description="Who is about to leave (v2): é, 客户",
            removal_policy=RemovalPolicy.DESTROY,
        )

    return synthesised(tmp_path_factory.mktemp("destroyed"), build)


def test_a_group_is_retained_by_default_and_is_all_there_is(retained: Any) -> None:
    assert [*retained.resources] == ["Registry4DB9CCA5"], "changing this id replaces users' model registries"
    group = retained.resources["Registry4DB9CCA5"]
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert group["Properties"] == {"ModelPackageGroupName": "churn-registry-68cffada"}, (
        "changing this name replaces users' model registries"
    )


def test_name_and_arn_are_attributes(retained: Any) -> None:
    registry = retained.deployment
    assert registry.model_package_group_name == "churn-registry-68cffada"
    assert retained.stack.resolve(registry.model_package_group_arn) == {
        "Fn::GetAtt": ["Registry4DB9CCA5", "ModelPackageGroupArn"]
    }


def test_a_group_can_be_named_and_described(destroyed: Any) -> None:
    assert destroyed.properties(destroyed.only(GROUP)) == {
        "ModelPackageGroupName": "Churn-Models",
        "ModelPackageGroupDescription": "Who is about to leave (v2): é, 客户",
    }


def test_a_group_to_destroy_is_emptied_first(destroyed: Any) -> None:
    group, purge = destroyed.only(GROUP), destroyed.only(PURGE)
    assert destroyed.resources[group]["DeletionPolicy"] == "Delete"
    assert destroyed.properties(purge)["ModelPackageGroupName"] == "Churn-Models"
    policy = destroyed.named("RegistryPurgePolicy", "AWS::IAM::Policy")
    assert {group, policy, *provider_of(destroyed)} <= destroyed.needs(purge)


def provider_of(stack: Any) -> set[str]:
    return {each for each in stack.resources if each.startswith("SageMakerMlopsCustomResources")}


def test_only_this_groups_versions_may_be_deleted(destroyed: Any) -> None:
    listing, packages, group = destroyed.statements("RegistryPurgePolicy")
    assert (listing["Action"], listing["Resource"]) == ("sagemaker:ListModelPackages", "*")
    assert packages["Action"] == "sagemaker:DeleteModelPackage"
    assert ends(packages) == ["model-package/churn-models/*", "model-package/Churn-Models/*"]
    assert group["Action"] == [
        "sagemaker:DeleteModelPackageGroup",
        "sagemaker:DescribeModelPackageGroup",
    ]
    assert ends(group) == ["model-package-group/churn-models", "model-package-group/Churn-Models"]


def ends(statement: dict[str, Any]) -> list[str]:
    return [each["Fn::Join"][1][-1].rpartition(":")[2] for each in statement["Resource"]]


def test_a_group_of_elsewhere_defines_nothing() -> None:
    stack = Stack(App(), "Churn")
    registry = ModelRegistry.from_model_package_group_name(stack, "Registry", "churn-models")
    assert isinstance(registry, ModelRegistry)
    assert registry.model_package_group_name == "churn-models"
    CfnOutput(stack, "Arn", value=registry.model_package_group_arn)
    template = Template.from_stack(stack).to_json()
    assert "Resources" not in template
    text = json.dumps(template["Outputs"]["Arn"]["Value"])
    assert text.endswith(':model-package-group/churn-models"]]}')


ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/churn-models"


def test_a_group_elsewhere_is_named_by_its_arn() -> None:
    stack = Stack(App(), "Churn")
    arn = "arn:aws-us-gov:sagemaker:us-gov-west-1:210987654321:model-package-group/churn-models"
    registry = ModelRegistry.from_model_package_group_arn(stack, "Registry", arn)
    assert (registry.account, registry.region) == ("210987654321", "us-gov-west-1")
    assert registry.model_package_group_name == "churn-models"
    assert registry.model_package_group_arn == arn


def test_an_arn_may_contain_tokens_or_be_one() -> None:
    stack = Stack(App(), "Churn")
    partly = ModelRegistry.from_model_package_group_arn(
        stack,
        "Partly",
        f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:210987654321:model-package-group/churn-models",
    )
    assert (partly.region, partly.account) == (stack.region, "210987654321")
    whole = ModelRegistry.from_model_package_group_arn(
        stack, "Whole", CfnParameter(stack, "Arn").value_as_string
    )
    split = {"Fn::Split": [":", {"Ref": "Arn"}]}
    assert stack.resolve(whole.account) == {"Fn::Select": [4, split]}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, synthesised: Any) -> Any:
    def build(stack: Stack) -> ModelRegistry:
        return ModelRegistry(
            stack,
            "Registry",
            model_package_group_name="churn-models",
            shared_with=[
                "210987654321",
                RegistryConsumer(account="210987654321", region="us-east-1"),
                RegistryConsumer(account="123456789012", region="us-east-1"),
                "210987654321",
            ],
            artifact_bucket=s3.Bucket(stack, "Models", encryption_key=kms.Key(stack, "Key")),
        )

    return synthesised(tmp_path_factory.mktemp("shared"), build)


def test_consumers_may_deploy_and_note_outcomes_but_not_approve(shared: Any) -> None:
    policy = shared.properties(shared.only(GROUP))["ModelPackageGroupPolicy"]
    allowed = {
        statement["Sid"]: (statement["Action"], ends(statement), statement.get("Condition"))
        for statement in policy["Statement"]
    }
    assert allowed == {
        "FindVersions": (
            ["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
            ["model-package-group/churn-models"],
            None,
        ),
        "DeployVersions": (
            ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            ["model-package/churn-models/*"],
            None,
        ),
        "NoteOutcomes": (
            ["sagemaker:UpdateModelPackage"],
            ["model-package/churn-models/*"],
            {"Null": {"sagemaker:ModelApprovalStatus": "true"}},
        ),
    }
    for statement in policy["Statement"]:
        accounts = [each["Fn::Join"][1][-1] for each in statement["Principal"]["AWS"]]
        assert accounts == [":iam::210987654321:root", ":iam::123456789012:root"]
    assert len(json.dumps(policy)) < 20_480


def test_each_consumers_bus_is_sent_the_groups_events(shared: Any) -> None:
    targets = []
    for logical_id in shared.ids("AWS::Events::Rule"):
        rule = shared.properties(logical_id)
        assert rule["EventPattern"]["detail"] == {"ModelPackageGroupName": ["churn-models"]}
        assert rule["EventPattern"]["account"] == ["123456789012"]
        (target,) = rule["Targets"]
        role = target["RoleArn"]["Fn::GetAtt"][0]
        (statement,) = shared.statements(role.removesuffix(role[-8:]))
        assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", target["Arn"])
        targets.append(target["Arn"]["Fn::Join"][1][-1])
    assert targets == [
        ":events:eu-west-1:210987654321:event-bus/default",
        ":events:us-east-1:210987654321:event-bus/default",
        ":events:us-east-1:123456789012:event-bus/default",
    ]


def test_consumers_may_read_the_models_and_decrypt_them(shared: Any) -> None:
    bucket = shared.properties(shared.only("AWS::S3::BucketPolicy"))["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in bucket] == ["s3:GetObject", "s3:ListBucket"]
    key = shared.properties(shared.only("AWS::KMS::Key"))["KeyPolicy"]["Statement"]
    for account in ("210987654321", "123456789012"):
        (statement,) = [
            each for each in key if f":iam::{account}:root" in json.dumps(each) and each["Action"] != "kms:*"
        ]
        assert statement["Action"] == ["kms:Decrypt", "kms:DescribeKey"]


def test_says_what_cannot_be_shared_from_here() -> None:
    stack = Stack(App(), "Churn")
    registry = ModelRegistry(
        stack,
        "Registry",
        shared_with=["210987654321"],
        artifact_bucket=s3.Bucket.from_bucket_name(stack, "Theirs", "their-models"),
    )
    (warning,) = registry.node.metadata
    assert warning.type == "aws:cdk:warning"
    assert "allow 210987654321 s3:GetObject and s3:ListBucket, and kms:Decrypt" in warning.data


NAME = "InvalidName: {} must be 1 to 63 letters, digits and inner hyphens, got {}; {} (at Churn/Registry)"
GENERATED = "leave it out to have a name generated"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"model_package_group_name": "churn_models"},
            NAME.format("model_package_group_name", "'churn_models'", GENERATED),
        ),
        (
            {"model_package_group_name": "m" * 64},
            NAME.format("model_package_group_name", repr("m" * 64), GENERATED),
        ),
        ({"model_package_group_name": ""}, NAME.format("model_package_group_name", "''", GENERATED)),
        (
            {"description": "two\nlines"},
            "InvalidDescription: description must be at most 1024 characters on one line, "
            "got 'two\\nlines'; shorten it, or leave it out (at Churn/Registry)",
        ),
        (
            {"description": "d" * 1025},
            "InvalidDescription: description must be at most 1024 characters on one line, "
            f"got {'d' * 1025!r}; shorten it, or leave it out (at Churn/Registry)",
        ),
        (
            {"removal_policy": RemovalPolicy.SNAPSHOT},
            "InvalidRemovalPolicy: removal_policy must be RemovalPolicy.RETAIN or RemovalPolicy.DESTROY, "
            f"got {RemovalPolicy.SNAPSHOT!r}; choose whether the model versions outlive the stack "
            "(at Churn/Registry)",
        ),
        (
            {"removal_policy": "destroy"},
            "InvalidRemovalPolicy: removal_policy must be RemovalPolicy.RETAIN or RemovalPolicy.DESTROY, "
            "got 'destroy'; choose whether the model versions outlive the stack (at Churn/Registry)",
        ),
    ],
)
def test_fails_before_anything_is_defined(options: dict[str, Any], text: str) -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(ValidationError) as raised:
        ModelRegistry(stack, "Registry", **options)
    assert str(raised.value) == text
    assert stack.node.children == []


@pytest.mark.parametrize(
    "arn",
    [
        "churn-models",
        ARN.replace("model-package-group", "model-package"),
        ARN.replace("123456789012", "1234"),
        ARN.replace("arn:aws", "arn:gcp"),
    ],
)
def test_fails_on_a_malformed_arn(arn: str) -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(ValidationError) as raised:
        ModelRegistry.from_model_package_group_arn(stack, "Registry", arn)
    assert str(raised.value) == (
        f"InvalidArn: arn must be the ARN of a model package group, got {arn!r}; use "
        "registry.model_package_group_arn, or 'arn:aws:sagemaker:<region>:<account>:model-package-group/<name>' "
        "(at Churn/Registry)"
    )


def test_fails_on_who_it_is_shared_with() -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(ValidationError) as raised:
        ModelRegistry(stack, "Registry", shared_with=["1234"])
    assert str(raised.value) == (
        "InvalidAccount: shared_with.account must be the 12 digits of an account's id, got '1234'; "
        "give the account as a string, such as '123456789012'"
    )
    with pytest.raises(TypeError, match="shared_with must be list or tuple; got str instead"):
        ModelRegistry(stack, "Registry", shared_with="123456789012")
    with pytest.raises(
        ValidationError, match=r"InvalidRegion: shared_with.region must be the name of a region"
    ):
        RegistryConsumer(account="123456789012", region="Ireland")


def test_fails_to_stand_for_an_arn() -> None:
    stack = Stack(App(), "Churn")
    arn = ARN
    with pytest.raises(ValidationError) as raised:
        ModelRegistry.from_model_package_group_name(stack, "Registry", arn)
    fix = "pass the name of the model package group, not its ARN"
    assert str(raised.value) == NAME.format("name", repr(arn), fix)
