from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk.assertions import Template

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


def test_fails_to_stand_for_an_arn() -> None:
    stack = Stack(App(), "Churn")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/churn-models"
    with pytest.raises(ValidationError) as raised:
        ModelRegistry.from_model_package_group_name(stack, "Registry", arn)
    fix = "pass the name of the model package group, not its ARN"
    assert str(raised.value) == NAME.format("name", repr(arn), fix)
