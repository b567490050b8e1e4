"""Whole templates of the deployer's constructs, to be read as diffs; `pytest --snapshot-update` accepts a change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from cdk_sagemaker_mlops import (
    AutoScaling,
    CanaryRollout,
    CapacitySize,
    DataCapture,
    ModelDeployment,
    ModelRegistry,
    Network,
    RealTimeEndpoint,
    RegistryConsumer,
    RollbackAlarms,
    SmokeTest,
)

# CDK's own resources change with CDK; that they are there is enough.
FRAMEWORK = "SageMakerMlopsCustomResourcesProvider"


class Here(JSONSnapshotExtension):
    snapshot_dirname = Path(__file__).parent


def default_deployment(stack: Stack) -> None:
    ModelDeployment(stack, "Deployment", model_package_group_name="churn-models")


def full_deployment(stack: Stack) -> None:
    ModelDeployment(
        stack,
        "Deployment",
        model_registry=ModelRegistry.from_model_package_group_arn(
            stack, "Registry", "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/churn-models"
        ),
        endpoint=RealTimeEndpoint(
            instance_type="ml.c7i.xlarge",
            initial_instance_count=2,
            environment={"WORKERS": "2"},
            network=Network(subnets=["subnet-1"], security_group_ids=["sg-1"], enable_network_isolation=True),
            volume_size_in_gb=64,
            volume_kms_key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
            model_data_download_timeout_in_seconds=900,
            container_startup_health_check_timeout_in_seconds=600,
            rollout=CanaryRollout(canary_size=CapacitySize(instance_count=1)),
            auto_scaling=AutoScaling(min_capacity=2, max_capacity=4, invocations_per_instance=750),
            data_capture=DataCapture(destination_s3_uri="s3://churn-captures/live"),
        ),
        endpoint_name="Churn-Live",
        artifact_bucket=s3.Bucket.from_bucket_name(stack, "Artifacts", "churn-artifacts"),
        smoke_test=SmokeTest(payload="1,2", expect="label"),
        alarms=RollbackAlarms(model_latency_in_milliseconds=250, evaluation_periods=2),
        when_none_approved="Remove",
        keep_versions=5,
        wait=False,
        notification_topic=sns.Topic.from_topic_arn(
            stack, "Topic", "arn:aws:sns:eu-west-1:123456789012:outcomes"
        ),
        encryption_key=kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/own"),
    )


def default_registry(stack: Stack) -> None:
    ModelRegistry(stack, "Registry")


def full_registry(stack: Stack) -> None:
    ModelRegistry(
        stack,
        "Registry",
        model_package_group_name="Churn-Models",
        description="Who is about to leave",
        removal_policy=RemovalPolicy.DESTROY,
        shared_with=["210987654321", RegistryConsumer(account="210987654321", region="us-east-1")],
        artifact_bucket=s3.Bucket(stack, "Artifacts", encryption_key=kms.Key(stack, "Key")),
    )


def scrubbed(template: dict[str, Any]) -> dict[str, Any]:
    resources = {
        name: {"Type": resource["Type"]} if name.startswith(FRAMEWORK) else resource
        for name, resource in template["Resources"].items()
    }
    result: dict[str, Any] = json.loads(re.sub("[0-9a-f]{64}", "<hash>", json.dumps(resources)))
    return result


@pytest.mark.parametrize(
    "define", [default_deployment, full_deployment, default_registry, full_registry], ids=lambda f: f.__name__
)
def test_template(define: Callable[[Stack], None], snapshot: SnapshotAssertion) -> None:
    stack = Stack(App(), "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    define(stack)
    template = Template.from_stack(stack).to_json()
    assert scrubbed(template) == snapshot.use_extension(Here)
