"""Templates and definitions of training pipelines, and what the example consists of, to be read as diffs."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from cdk_sagemaker_mlops import MlopsPipeline, RealTimeEndpoint, StandardPipeline, TrainingPipeline

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "tests" / "unit" / "definition" / "pipelines" / "code"


class Here(JSONSnapshotExtension):
    snapshot_dirname = Path(__file__).parent


def default_pipeline(app: App) -> Stack:
    stack = Stack(app, "Churn")
    TrainingPipeline(
        stack,
        "Training",
        pipeline=StandardPipeline(source_dir=SCRIPTS),
        model_package_group_name="churn-models",
    )
    return stack


def full_pipeline(app: App) -> Stack:
    stack = Stack(app, "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    TrainingPipeline(
        stack,
        "Training",
        pipeline=StandardPipeline(
            source_dir=SCRIPTS,
            preprocess_script="train.py",
            train_script="evaluate.py",
            evaluate_script="preprocess.py",
            inference_script="train.py",
            framework_version="1.4-2-py312",
            processing_instance_type="ml.m5.xlarge",
            training_instance_type="ml.c5.xlarge",
            volume_size_in_gb=50,
            max_runtime_in_seconds=7200,
            hyperparameters={"alpha": 0.5, "max_iter": 200, "solver": "lbfgs", "warm_start": True},
            problem_type="Regression",
            metric_name="rmse",
            metric_threshold=3,
            metric_objective="Minimize",
            approval_status="Approved",
            cache_expire_after="P7D",
        ),
        model_package_group_name="Churn-Models",
        pipeline_name="Churn-Training",
        input_data="s3://churn-data/2026",
        artifact_bucket=s3.Bucket.from_bucket_name(stack, "Artifacts", "churn-artifacts"),
        execution_role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")),
        removal_policy=RemovalPolicy.DESTROY,
    )
    return stack


def readable(template: dict[str, Any]) -> dict[str, Any]:
    """The template without hashes, with the definition as JSON, and one region of each table."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::SageMaker::Pipeline":
            definition = resource["Properties"]["PipelineDefinition"]
            definition["PipelineDefinitionBody"] = json.loads(_joined(definition["PipelineDefinitionBody"]))
    for mapping in template.get("Mappings", {}).values():
        for region in set(mapping) - {"us-east-1"}:
            del mapping[region]
    kept = {name: template[name] for name in ("Mappings", "Resources", "Outputs") if name in template}
    result: dict[str, Any] = json.loads(re.sub("[0-9a-f]{64}", "<hash>", json.dumps(kept)))
    return result


def _joined(value: Any) -> str:
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_joined(part) for part in value["Fn::Join"][1])
    return "${" + json.dumps(value).replace('"', "'") + "}"


@pytest.mark.parametrize("define", [default_pipeline, full_pipeline], ids=lambda f: f.__name__)
def test_template(define: Callable[[App], Stack], snapshot: SnapshotAssertion) -> None:
    assert readable(Template.from_stack(define(App())).to_json()) == snapshot.use_extension(Here)


def test_the_quickstart_consists_of_these(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks: list[Stack] = []
    synth = aws_cdk.App.synth

    def keep_stacks(app: App, **options: Any) -> Any:
        stacks.extend(child for child in app.node.children if isinstance(child, Stack))
        return synth(app, **options)

    monkeypatch.setattr(aws_cdk.App, "synth", keep_stacks)
    runpy.run_path(str(ROOT / "examples" / "quickstart" / "app.py"))

    (stack,) = stacks
    template = Template.from_stack(stack).to_json()
    assert {
        "Resources": {name: resource["Type"] for name, resource in template["Resources"].items()},
        "Outputs": template["Outputs"],
    } == snapshot.use_extension(Here)


def test_everything_can_be_set_on_the_facade() -> None:
    stack = Stack(App(), "Churn")
    bucket = s3.Bucket(stack, "Artifacts")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    mlops = MlopsPipeline(
        stack,
        "Mlops",
        pipeline=StandardPipeline(source_dir=SCRIPTS),
        input_data="s3://churn-data/2026",
        endpoint=RealTimeEndpoint(instance_type="ml.c7i.large"),
        pipeline_name="Churn-Training",
        endpoint_name="Churn-Live",
        artifact_bucket=bucket,
        execution_role=role,
        removal_policy=RemovalPolicy.DESTROY,
    )

    assert mlops.pipeline_name == "Churn-Training"
    assert mlops.endpoint_name == "Churn-Live"
    assert mlops.artifact_bucket is bucket
    assert mlops.execution_role is role
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SageMaker::ModelPackageGroup", {"ModelPackageGroupName": mlops.model_package_group_name}
    )
    template.resource_count_is("AWS::S3::Bucket", 1)
