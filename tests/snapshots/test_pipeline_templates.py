"""Templates and definitions of training pipelines, and what the example consists of, to be read as diffs."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from aws_cdk import App, CfnParameter, Environment, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from typer.testing import CliRunner

from cdk_sagemaker_mlops import MlopsPipeline, RealTimeEndpoint, StandardPipeline, TrainingPipeline
from cdk_sagemaker_mlops.cli.commands import cdk_mlops
from cdk_sagemaker_mlops.config.batch_transform import BatchTransform
from cdk_sagemaker_mlops.config.clarify_checks import BiasCheck, ExplainabilityCheck
from cdk_sagemaker_mlops.config.encryption import Encryption
from cdk_sagemaker_mlops.config.inference import Inference
from cdk_sagemaker_mlops.config.network import Network
from cdk_sagemaker_mlops.config.processing import Evaluation, Preprocessing
from cdk_sagemaker_mlops.config.retries import Retries
from cdk_sagemaker_mlops.config.training import Training
from cdk_sagemaker_mlops.config.tuning import Tuning

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


def shared_options(stack: Stack) -> dict[str, Any]:
    """Every option of jobs, with CDK tokens wherever one may stand."""

    def known_at_deployment(name: str) -> str:
        return CfnParameter(stack, name).value_as_string

    key = kms.Key(stack, "Key").key_arn
    return {
        "preprocessing": Preprocessing(
            instance_count=4,
            s3_data_distribution_type="ShardedByS3Key",
            environment={"STAGE": "preprocess", "TABLE": known_at_deployment("Table")},
            image_uri=known_at_deployment("PreprocessingImage"),
        ),
        "evaluation": Evaluation(environment={"STAGE": "evaluate"}, image_uri="churn/evaluate:1"),
        "inference": Inference(
            instance_type="ml.g5.xlarge",
            environment={"WORKERS": "2"},
            image_uri=known_at_deployment("InferenceImage"),
        ),
        "encryption": Encryption(volume_kms_key_id=key, output_kms_key_id=key),
        "retries": Retries(max_attempts=3, interval_seconds=60, backoff_rate=1.5),
        "max_parallel_execution_steps": 2,
        "tags": {"team": "churn", "cost-center": known_at_deployment("CostCenter")},
        "network": Network(
            subnets=[known_at_deployment("Subnet"), "subnet-2"],
            security_group_ids=[known_at_deployment("SecurityGroup")],
            enable_inter_container_traffic_encryption=True,
        ),
    }


def everything_trained(app: App) -> Stack:
    stack = Stack(app, "Churn")
    pipeline = StandardPipeline(
        source_dir=SCRIPTS,
        **shared_options(stack),
        training=Training(
            instance_count=2,
            enable_managed_spot_training=True,
            max_wait_time_in_seconds=7000,
            checkpoint_local_path="/opt/ml/mine",
            environment={"STAGE": "train"},
            image_uri="churn/train:1",
        ),
        batch_transform=BatchTransform(
            input_data_uri="s3://churn-data/batch",
            instance_type="ml.c5.large",
            instance_count=2,
            content_type="application/json",
            accept="application/json",
            split_type="None",
            assemble_with="None",
            environment={"STAGE": "transform"},
        ),
        bias_check=BiasCheck(
            label="churned",
            label_values_or_threshold=[0],
            facet_name="age",
            facet_values_or_threshold=[60],
            headers=["churned", "age"],
            check_drift=True,
            instance_type="ml.c5.xlarge",
        ),
        explainability_check=ExplainabilityCheck(
            label="churned",
            headers=["churned", "age"],
            num_samples=50,
            check_drift=True,
            instance_type="ml.c5.xlarge",
        ),
        cache_expire_after=None,
    )
    TrainingPipeline(stack, "Training", pipeline=pipeline, model_package_group_name="churn-models")
    return stack


def everything_tuned(app: App) -> Stack:
    stack = Stack(app, "Churn")
    pipeline = StandardPipeline(
        source_dir=SCRIPTS,
        framework="xgboost",
        framework_version="1.7-1",
        hyperparameters={"verbosity": 1},
        training=Training(keep_alive_period_in_seconds=600, environment={"STAGE": "train"}),
        tuning=Tuning(
            metric_name="auc",
            metric_regex="auc=([0-9.]+)",
            hyperparameter_ranges={"depth": (2, 8), "eta": (0.01, 0.3), "booster": ["gbtree", "dart"]},
            scaling_types={"eta": "Logarithmic"},
            objective_type="Minimize",
            strategy="Random",
            max_jobs=20,
            max_parallel_jobs=4,
            early_stopping_type="Auto",
            random_seed=0,
        ),
        encryption=Encryption(volume_kms_key_id="alias/mine", output_kms_key_id="alias/mine"),
        network=Network(enable_network_isolation=True, enable_inter_container_traffic_encryption=True),
        tags={"team": "churn"},
        retries=Retries(),
    )
    TrainingPipeline(stack, "Training", pipeline=pipeline, model_package_group_name="churn-models")
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


@pytest.mark.parametrize("define", [everything_trained, everything_tuned], ids=lambda f: f.__name__)
def test_definition(define: Callable[[App], Stack], snapshot: SnapshotAssertion) -> None:
    resources = readable(Template.from_stack(define(App())).to_json())["Resources"].values()
    (pipeline,) = (item for item in resources if item["Type"] == "AWS::SageMaker::Pipeline")
    body = pipeline["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]

    assert body == snapshot.use_extension(Here)


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the examples with one stack have been synthesised."""
    folder = tmp_path_factory.mktemp("synthesised")
    for name in ("quickstart", "custom_pipeline"):
        assembly = folder / "examples" / name / "cdk.out"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws_cdk, "App", partial(aws_cdk.App, outdir=str(assembly)))
            runpy.run_path(str(ROOT / "examples" / name / "app.py"))
    return folder


def template_of(synthesised: Path, example: str) -> dict[str, Any]:
    (path,) = (synthesised / "examples" / example / "cdk.out").glob("*.template.json")
    template: dict[str, Any] = json.loads(path.read_text())
    return template


def test_the_quickstart_consists_of_these(snapshot: SnapshotAssertion, synthesised: Path) -> None:
    template = template_of(synthesised, "quickstart")

    assert {
        "Resources": {name: resource["Type"] for name, resource in template["Resources"].items()},
        "Outputs": template["Outputs"],
    } == snapshot.use_extension(Here)


@pytest.mark.parametrize("example", ["quickstart", "custom_pipeline"])
def test_definition_of_example(example: str, snapshot: SnapshotAssertion, synthesised: Path) -> None:
    resources = readable(template_of(synthesised, example))["Resources"].values()
    (pipeline,) = (item for item in resources if item["Type"] == "AWS::SageMaker::Pipeline")

    assert pipeline["Properties"]["PipelineDefinition"] == snapshot.use_extension(Here)


def test_the_readme_s_picture_of_the_quickstart_is_what_its_command_draws(
    synthesised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "graph --app examples/quickstart --svg docs/images/pipeline.svg"
    assert f"\ncdk-mlops {command}\n" in (ROOT / "README.md").read_text()
    monkeypatch.chdir(synthesised)

    result = CliRunner().invoke(cdk_mlops, command.split())

    assert result.exit_code == 0, result.output
    drawn = synthesised / "docs" / "images" / "pipeline.svg"
    told = f"run 'cdk synth' in examples/quickstart, then 'cdk-mlops {command}'"
    assert drawn.read_text() == (ROOT / "docs" / "images" / "pipeline.svg").read_text(), told


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
