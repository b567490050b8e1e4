"""Templates of the deployer's constructs, synthesised once for all tests: each takes about half a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_sagemaker_mlops import (
    AsyncEndpoint,
    AutoScaling,
    CanaryRollout,
    CapacitySize,
    DataCapture,
    ModelDeployment,
    ModelRegistry,
    Network,
    RealTimeEndpoint,
    SmokeTest,
)


class Synthesised:
    """A stack with what ``build`` defines in it, and its template."""

    def __init__(self, outdir: Path, build: Callable[[Stack], Any]) -> None:
        self.app = App(outdir=str(outdir))
        environment = {"account": "123456789012", "region": "eu-west-1"}
        self.stack = Stack(self.app, "Churn", env=environment)
        self.deployment = build(self.stack)
        self.template = Template.from_stack(self.stack)
        self.resources: dict[str, dict[str, Any]] = self.template.to_json()["Resources"]
        self.outdir = outdir

    def ids(self, type_name: str) -> list[str]:
        return [
            logical_id for logical_id, resource in self.resources.items() if resource["Type"] == type_name
        ]

    def only(self, type_name: str) -> str:
        (logical_id,) = self.ids(type_name)
        return logical_id

    def named(self, prefix: str, type_name: str) -> str:
        (logical_id,) = [logical_id for logical_id in self.ids(type_name) if logical_id.startswith(prefix)]
        return logical_id

    def properties(self, logical_id: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resources[logical_id]["Properties"]
        return properties

    def statements(self, prefix: str) -> list[dict[str, Any]]:
        (logical_id,) = [
            each
            for type_name in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            for each in self.ids(type_name)
            if each.startswith(prefix)
        ]
        statements: list[dict[str, Any]] = self.properties(logical_id)["PolicyDocument"]["Statement"]
        return statements

    def needs(self, logical_id: str) -> set[str]:
        """Everything that CloudFormation creates before ``logical_id``, and deletes after it."""
        found: set[str] = set()
        todo = [logical_id]
        while todo:
            for other in set(references(self.resources[todo.pop()])) & set(self.resources) - found:
                found.add(other)
                todo.append(other)
        return found


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            elif key == "DependsOn":
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.fixture(scope="session")
def default_deployment(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return Synthesised(
        tmp_path_factory.mktemp("default"),
        lambda stack: ModelDeployment(stack, "Deployment", model_package_group_name="churn-models"),
    )


@pytest.fixture(scope="session")
def full_deployment(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    def build(stack: Stack) -> ModelDeployment:
        bucket = s3.Bucket(stack, "Artifacts", encryption_key=kms.Key(stack, "Key"))
        caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        deployment = ModelDeployment(
            stack,
            "Deployment",
            model_package_group_name="Churn-Models",
            endpoint=RealTimeEndpoint(
                instance_type="ml.c7i.xlarge",
                initial_instance_count=2,
                environment={"WORKERS": "2"},
                network=Network(subnets=["subnet-1"], security_group_ids=["sg-1"]),
                volume_kms_key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
                rollout=CanaryRollout(canary_size=CapacitySize(instance_count=1)),
                auto_scaling=AutoScaling(min_capacity=2, max_capacity=4, invocations_per_instance=750),
                data_capture=DataCapture(kms_key_id="alias/captures"),
            ),
            endpoint_name="Churn-Live",
            artifact_bucket=bucket,
            smoke_test=SmokeTest(payload="1,2", expect="label"),
            when_none_approved="Remove",
            keep_versions=5,
            wait=False,
            notification_topic=sns.Topic(stack, "Outcomes", master_key=kms.Key(stack, "TopicKey")),
            encryption_key=kms.Key(stack, "QueueKey"),
        )
        deployment.grant_invoke_endpoint(caller)
        ModelDeployment(
            stack,
            "Second",
            model_package_group_name="other-models",
            execution_role=iam.Role.from_role_arn(stack, "Own", "arn:aws:iam::123456789012:role/own"),
        )
        return deployment

    return Synthesised(tmp_path_factory.mktemp("full"), build)


@pytest.fixture(scope="session")
def async_deployment(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    def build(stack: Stack) -> ModelDeployment:
        topic = sns.Topic(stack, "Answers")
        deployment = ModelDeployment(
            stack,
            "Deployment",
            model_package_group_name="churn-models",
            endpoint=AsyncEndpoint(success_topic_arn=topic.topic_arn, error_topic_arn=topic.topic_arn),
            artifact_bucket=s3.Bucket.from_bucket_name(stack, "Artifacts", "churn-artifacts"),
            smoke_test=SmokeTest(payload="1,2"),
            alarms=[
                cloudwatch.Alarm.from_alarm_arn(
                    stack, "Own", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:own"
                )
            ],
        )
        deployment.grant_invoke_endpoint(
            iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        )
        return deployment

    return Synthesised(tmp_path_factory.mktemp("async"), build)


@pytest.fixture(scope="session")
def elsewhere_deployment(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """A group of another account and region."""

    def build(stack: Stack) -> ModelDeployment:
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:210987654321:key/models")
        return ModelDeployment(
            stack,
            "Deployment",
            model_registry=ModelRegistry.from_model_package_group_arn(
                stack, "Registry", "arn:aws:sagemaker:us-east-1:210987654321:model-package-group/churn-models"
            ),
            artifact_bucket=s3.Bucket.from_bucket_attributes(
                stack, "Models", bucket_name="their-models", encryption_key=key
            ),
            copy_bucket=s3.Bucket.from_bucket_name(stack, "Copies", "our-copies"),
        )

    return Synthesised(tmp_path_factory.mktemp("elsewhere"), build)


@pytest.fixture(scope="session")
def synthesised() -> type[Synthesised]:
    return Synthesised
