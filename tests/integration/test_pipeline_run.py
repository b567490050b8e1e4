"""Definitions made by SageMaker's SDK, run on this machine with the reference model's code and data, then
served."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import build_definition
from cdk_sagemaker_mlops.local.execution import PipelineRun
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl
from cdk_sagemaker_mlops.local.hosting import ModelServer

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"
BUCKET = "artifacts"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"


class ModelRegistry:
    """Keeps the model packages registered."""

    def __init__(self) -> None:
        self.packages: list[dict[str, Any]] = []

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "CreateModelPackage"
        self.packages.append(params)
        name = params["ModelPackageGroupName"]
        return {"ModelPackageArn": f"{ARN}model-package/{name}/{len(self.packages)}"}


@pytest.fixture
def storage(storage: Any) -> Any:
    for path in (QUICKSTART / "data").iterdir():
        storage.upload(path, f"s3://{BUCKET}/data/{path.name}")
    return storage


@pytest.fixture
def registry() -> ModelRegistry:
    return ModelRegistry()


Start = Callable[..., PipelineRun]


@pytest.fixture
def start(tmp_path: Path, storage: Any, registry: ModelRegistry) -> Start:
    """Deploys a pipeline as the construct does: its code to the bucket, its placeholders replaced; and runs
    it."""

    def run_pipeline(pipeline: Any, opt_ml: OptMl | None = None, **parameters: str) -> PipelineRun:
        built = build_definition(
            pipeline,
            pipeline_name="churn",
            model_package_group_name="churn-models",
            region="eu-west-1",
            input_data_uri=f"s3://{BUCKET}/data",
        )
        for key, content in built.code.items():
            path = storage.path(f"s3://{BUCKET}/{key}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        run = PipelineRun(
            definition=json.loads(built.document.replace(placeholders.BUCKET, BUCKET)),
            parameters=parameters,
            pipeline_name="churn",
            pipeline_arn=f"{ARN}pipeline/churn",
            execution_arn=f"{ARN}pipeline/churn/execution/abcdefghijkl",
            region="eu-west-1",
            account="123456789012",
            role_arn="arn:aws:iam::123456789012:role/execution",
            storage=storage,
            registry=registry,
            workdir=tmp_path / "run",
            on_change=lambda: None,
            opt_ml=opt_ml,
        )
        run.start()
        run.wait(120)
        return run

    return run_pipeline


STANDARD = StandardPipeline(source_dir=str(ROOT / "model_code"))


def statuses(run: PipelineRun) -> dict[str, str]:
    return {step["StepName"]: step["StepStatus"] for step in run.steps()}


def test_the_standard_pipeline_registers_a_model_that_serves(
    start: Start, storage: Any, registry: ModelRegistry, opt_ml: OptMl, tmp_path: Path
) -> None:
    run = start(STANDARD, opt_ml)
    assert run.status == "Succeeded", run.failure_reason
    assert statuses(run) == dict.fromkeys(
        ("Preprocess", "Train", "Evaluate", "QualityGate", "RegisterModel"), "Succeeded"
    )
    [package] = registry.packages
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    metrics = json.loads(storage.path(statistics).read_text())["binary_classification_metrics"]
    assert metrics["accuracy"]["value"] > 0.95

    [container] = package["InferenceSpecification"]["Containers"]
    assert re.fullmatch(
        rf"s3://{BUCKET}/churn/models/pipelines-abcdefghijkl-Train-[A-Za-z0-9]{{10}}/output/model\.tar\.gz",
        container["ModelDataUrl"],
    )
    server = ModelServer(
        model_artifact=storage.path(container["ModelDataUrl"]),
        environment=container["Environment"],
        workdir=tmp_path / "server",
        opt_ml=opt_ml,
    )
    server.start()
    try:
        row = (QUICKSTART / "payload.csv").read_bytes()
        status, content_type, body = server.invoke(row, "text/csv", "application/json")
        assert (status, content_type) == (200, "application/json")
        label = json.loads(body)["predictions"][0]["label"]
        assert str(label) == (QUICKSTART / "payload.expected").read_text().strip()
        assert server.invoke(b"1,2", "text/csv", "")[0] == 400
    finally:
        server.stop()


def test_the_standard_pipeline_fails_below_the_threshold(start: Start, registry: ModelRegistry) -> None:
    run = start(STANDARD, MetricThreshold="1.01")
    assert run.status == "Failed"
    assert statuses(run)["Fail"] == "Failed"
    assert "RegisterModel" not in statuses(run)
    assert registry.packages == []
    assert re.fullmatch(
        r"Step failure: One or multiple steps failed\. Fail: accuracy is 0\.\d+ which is below the threshold 1\.01",
        str(run.failure_reason),
    )


def test_a_step_that_fails_says_why(start: Start, storage: Any) -> None:
    data = storage.path(f"s3://{BUCKET}/data/breast_cancer.csv")
    data.write_text(data.read_text().replace("target", "label"))
    run = start(STANDARD)
    assert run.status == "Failed"
    assert statuses(run) == {"Preprocess": "Failed"}
    assert "exit code: 1; last lines of its log:" in str(run.failure_reason)
    assert "target" in str(run.failure_reason)


TRAIN = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
depth = parser.parse_args().depth
rows = pathlib.Path("/opt/ml/input/data/train/breast_cancer.csv").read_text().count("\\n")
path = pathlib.Path(os.environ["SM_MODEL_DIR"]) / "model.json"
path.write_text(json.dumps({"depth": depth, "rows": rows, "channel": os.environ["SM_CHANNEL_TRAIN"]}))
"""


def test_the_sdks_own_training_driver_runs(start: Start, storage: Any, opt_ml: OptMl, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(TRAIN)

    def with_source_code(ctx: Any) -> Any:
        from sagemaker.core.shapes import OutputDataConfig
        from sagemaker.mlops.workflow.pipeline import Pipeline
        from sagemaker.mlops.workflow.steps import TrainingStep
        from sagemaker.train.configs import Compute, InputData, SourceCode
        from sagemaker.train.model_trainer import ModelTrainer

        trainer = ModelTrainer(
            training_image=ctx.image_uri(framework="sklearn", version="1.9-0"),
            role=ctx.role_arn,
            sagemaker_session=ctx.session,
            base_job_name="train",
            compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
            output_data_config=OutputDataConfig(s3_output_path=ctx.s3_uri("models")),
            input_data_config=[InputData(channel_name="train", data_source=f"s3://{ctx.bucket}/data")],
            source_code=SourceCode(source_dir=str(code), entry_script="train.py"),
            hyperparameters={"depth": 3},
        )
        step = TrainingStep(name="Train", step_args=trainer.train())
        return Pipeline(name=ctx.pipeline_name, steps=[step], sagemaker_session=ctx.session)

    run = start(with_source_code, opt_ml)
    assert run.status == "Succeeded", run.logs("Train")
    [artifact] = storage.list(f"s3://{BUCKET}/churn/models")
    with tarfile.open(storage.path(artifact)) as tar:
        tar.extractall(tmp_path / "model", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    written = json.loads((tmp_path / "model" / "model.json").read_text())
    assert written == {"depth": 3, "rows": 570, "channel": "/opt/ml/input/data/train"}
