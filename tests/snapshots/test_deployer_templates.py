"""Whole templates of the deployer's constructs, to be read as diffs; `pytest --snapshot-update` accepts a change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from cdk_sagemaker_mlops.config.endpoint import RealTimeEndpoint
from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry

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
        model_package_group_name="Churn-Models",
        endpoint=RealTimeEndpoint(instance_type="ml.c7i.xlarge", initial_instance_count=2),
        endpoint_name="Churn-Live",
        execution_role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/own"),
        artifact_bucket=s3.Bucket.from_bucket_name(stack, "Artifacts", "churn-artifacts"),
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
    stack = Stack(App(), "Churn")
    define(stack)
    template = Template.from_stack(stack).to_json()
    assert scrubbed(template) == snapshot.use_extension(Here)
