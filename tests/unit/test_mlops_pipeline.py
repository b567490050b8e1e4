"""The facade: what it wires together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from cdk_sagemaker_mlops import (
    MlopsPipeline,
    ModelRegistry,
    PipelineContext,
    RealTimeEndpoint,
    RollbackAlarms,
    ServerlessEndpoint,
    SmokeTest,
    StandardPipeline,
    ValidationError,
)

SCRIPTS = Path(__file__).parent / "definition" / "pipelines" / "code"


def define(stack: Stack, **options: Any) -> MlopsPipeline:
    return MlopsPipeline(stack, "Mlops", **{"pipeline": StandardPipeline(source_dir=SCRIPTS), **options})


@pytest.fixture(scope="module")
def default() -> tuple[MlopsPipeline, Template]:
    stack = Stack(App(), "Churn")
    mlops = define(stack)
    return mlops, Template.from_stack(stack)


def test_everything_has_one_name(default: tuple[MlopsPipeline, Template]) -> None:
    mlops, _ = default

    assert mlops.pipeline_name == mlops.endpoint_name == mlops.model_package_group_name
    assert mlops.pipeline_name.startswith("churn-mlops-")
    assert mlops.pipeline_arn.endswith(f":pipeline/{mlops.pipeline_name}")


def test_two_stacks_of_one_app_get_different_names() -> None:
    names = set()
    for stack_name in ("Churn-Test", "Churn-Prod"):
        stack = Stack(App(), "Churn", stack_name=stack_name)
        names.add(define(stack).pipeline_name)

    assert len(names) == 2


def test_outputs_say_what_was_defined(default: tuple[MlopsPipeline, Template]) -> None:
    mlops, template = default
    outputs = {output["Description"]: output["Value"] for output in template.to_json()["Outputs"].values()}

    assert outputs["PipelineName of Churn/Mlops (cdk-sagemaker-mlops)"] == mlops.pipeline_name
    assert outputs["ModelPackageGroupName of Churn/Mlops (cdk-sagemaker-mlops)"] == mlops.pipeline_name
    assert outputs["EndpointName of Churn/Mlops (cdk-sagemaker-mlops)"] == mlops.pipeline_name
    assert "Ref" in outputs["ArtifactBucketName of Churn/Mlops (cdk-sagemaker-mlops)"]


def test_nothing_is_deleted_by_default(default: tuple[MlopsPipeline, Template]) -> None:
    template = default[1]

    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    template.has_resource("AWS::SageMaker::ModelPackageGroup", {"DeletionPolicy": "Retain"})


def test_the_endpoint_may_read_the_artifact_bucket(default: tuple[MlopsPipeline, Template]) -> None:
    mlops, template = default
    stack = Stack.of(mlops)
    bucket = stack.resolve(mlops.artifact_bucket.arn_for_objects("*"))
    readers = [
        name
        for name, policy in template.find_resources("AWS::IAM::Policy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Resource"] == bucket and "s3:GetObject" in statement["Action"]
    ]

    assert any("ModelDeploymentExecutionRole" in name for name in readers)


def test_a_second_pipeline_shares_the_stacks_functions() -> None:
    stack = Stack(App(), "Churn")
    MlopsPipeline(stack, "First", pipeline=StandardPipeline(source_dir=SCRIPTS))
    one = len(stack.node.find_all())
    MlopsPipeline(stack, "Second", pipeline=StandardPipeline(source_dir=SCRIPTS))
    template = Template.from_stack(stack)

    handlers = template.find_resources("AWS::Lambda::Function")
    assert len(handlers) == 8, "six of the stack's own, and one controller for each endpoint"
    assert len(stack.node.find_all()) < 2 * one
    assert (
        len(
            {
                output["Value"]
                for output in template.to_json()["Outputs"].values()
                if isinstance(output["Value"], str)
            }
        )
        == 2
    )


def test_brings_your_own_registry() -> None:
    stack = Stack(App(), "Churn")
    registry = ModelRegistry.from_model_package_group_name(stack, "Registry", "theirs")
    mlops = define(stack, model_registry=registry, endpoint=ServerlessEndpoint(memory_size_in_mb=4096))

    assert mlops.model_package_group_name == "theirs"
    Template.from_stack(stack).resource_count_is("AWS::SageMaker::ModelPackageGroup", 0)


def test_takes_a_pipeline_function() -> None:
    seen: list[PipelineContext] = []

    def own(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.fail_step import FailStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        seen.append(ctx)
        return Pipeline(
            ctx.pipeline_name,
            steps=[FailStep("Fail", error_message=ctx.role_arn)],
            sagemaker_session=ctx.session,
        )

    stack = Stack(App(), "Churn")
    mlops = define(stack, pipeline=own, pipeline_name="Own")

    assert seen[0].pipeline_name == mlops.pipeline_name == "Own"
    assert seen[0].model_package_group_name == mlops.model_package_group_name
    Template.from_stack(stack).resource_count_is("Custom::CDKBucketDeployment", 0)


def test_grants_name_this_pipeline_and_this_endpoint() -> None:
    stack = Stack(App(), "Churn")
    mlops = define(stack)
    user = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
    mlops.grant_start_pipeline_execution(user)
    mlops.grant_invoke_endpoint(user)

    (policy,) = (
        resource
        for name, resource in Template.from_stack(stack).find_resources("AWS::IAM::Policy").items()
        if name.startswith("User")
    )
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [
        "sagemaker:StartPipelineExecution",
        "sagemaker:InvokeEndpoint",
    ]
    assert all(statement["Resource"] != "*" for statement in statements)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"endpoint_name": "churn_endpoint"},
            ValidationError,
            "InvalidName: endpoint_name must be 1 to 63 letters, digits and inner hyphens, got 'churn_endpoint'; "
            "leave it out to have a name generated (at Churn/Mlops/ModelDeployment)",
        ),
        ({"endpoint": "serverless"}, TypeError, None),
        ({"pipeline": 3}, TypeError, "type of argument pipeline must be StandardPipeline; got int instead"),
    ],
)
def test_fails_on_wrong_arguments(
    options: dict[str, Any], error: type[Exception], message: str | None
) -> None:
    with pytest.raises(error) as raised:
        define(Stack(App(), "Churn"), **options)

    if message is not None:
        assert str(raised.value) == message


def test_options_reach_what_they_are_about() -> None:
    stack = Stack(App(), "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    key = kms.Key(stack, "Key")
    topic = sns.Topic(stack, "Outcomes")
    mlops = define(
        stack,
        endpoint=RealTimeEndpoint(),
        smoke_test=SmokeTest(payload="1,2"),
        alarms=RollbackAlarms(invocation_model_errors_percent=None, model_latency_in_milliseconds=None),
        when_none_approved="Remove",
        keep_versions=7,
        wait_for_deployment=False,
        notification_topic=topic,
        shared_with=["210987654321"],
        encryption_key=key,
    )
    template = Template.from_stack(stack)

    (deployment,) = template.find_resources("Custom::SageMakerModelDeployment").values()
    hosting = str(deployment["Properties"]["Hosting"])
    assert '"WhenNoneApproved":"Remove","KeepVersions":7,"SmokeTest"' in hosting
    assert hosting.count("AlarmName") == 1
    assert deployment["Properties"]["Wait"] == "false"
    assert deployment["Properties"]["TopicArn"] == stack.resolve(topic.topic_arn)
    assert mlops.notification_topic is topic
    template.resource_count_is("AWS::SNS::Topic", 1)
    encrypted = {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": stack.resolve(key.key_arn)}}
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {"BucketEncryption": {"ServerSideEncryptionConfiguration": [Match.object_like(encrypted)]}},
    )
    template.all_resources_properties("AWS::SQS::Queue", {"KmsMasterKeyId": stack.resolve(key.key_arn)})
    # Who the registry is shared with reads its models.
    (policy,) = template.find_resources("AWS::S3::BucketPolicy").values()
    readers = [
        statement["Action"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if ":iam::210987654321:root" in str(statement)
    ]
    assert readers == ["s3:GetObject", "s3:ListBucket"]


def test_fails_with_a_registry_that_the_pipeline_cannot_register_in_or_share() -> None:
    stack = Stack(App(), "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    registry = ModelRegistry.from_model_package_group_arn(
        stack, "Registry", "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/theirs"
    )
    with pytest.raises(ValidationError) as raised:
        define(stack, model_registry=registry, shared_with=["210987654321"])

    assert str(raised.value) == (
        "RegistryElsewhere: model_registry must be of the stack's account and region, because the pipeline "
        "registers its models in it, got 'theirs'; use a ModelDeployment alone to deploy from a registry "
        "elsewhere (at Churn/Mlops)\n"
        "NotDefinedHere: shared_with must be left out when model_registry is given, got ['210987654321']; share "
        "the registry where it is defined: ModelRegistry(..., shared_with=[...]) (at Churn/Mlops)"
    )
