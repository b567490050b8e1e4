"""A small AWS on this disk, and jobs to run on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution import PipelineRun
from cdk_sagemaker_mlops.local.execution.graph import build
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl, best_opt_ml
from cdk_sagemaker_mlops.local.execution.step_context import Execution, StepContext


class RecordingRegistry:
    """Answers as SageMaker would, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusal: Exception | None = None

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, params))
        if self.refusal is not None:
            raise self.refusal
        arn = "arn:aws:sagemaker:eu-west-1:123456789012:"
        return {
            "CreateModelPackage": {"ModelPackageArn": f"{arn}model-package/group/{len(self.calls)}"},
            "CreateModel": {"ModelArn": f"{arn}model/m"},
        }[operation]


@pytest.fixture
def registry() -> RecordingRegistry:
    return RecordingRegistry()


EXECUTION = Execution(
    pipeline_name="churn",
    pipeline_arn="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn",
    arn="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn/execution/abcdefghijkl",
    region="eu-west-1",
    account="123456789012",
    role_arn="arn:aws:iam::123456789012:role/execution",
)


@pytest.fixture
def step_context(tmp_path: Path, storage: Any, registry: RecordingRegistry) -> Callable[..., StepContext]:
    """Returns a context for one step."""

    def make(name: str = "Step", kind: str = "Processing", opt_ml: OptMl | None = None) -> StepContext:
        folder = tmp_path / "run" / name
        folder.mkdir(parents=True)
        return StepContext(
            step=build([{"Name": name, "Type": kind, "Arguments": {}}])[name],
            resource_name=f"pipelines-abcdefghijkl-{name}-0123456789",
            folder=folder,
            execution=EXECUTION,
            storage=storage,
            registry=registry,
            opt_ml=best_opt_ml() if opt_ml is None else opt_ml,
            environment={},
            announce=lambda metadata: None,
            attach=lambda process: None,
        )

    return make


@pytest.fixture
def make_run(tmp_path: Path, storage: Any, registry: RecordingRegistry) -> Callable[..., PipelineRun]:
    def make(
        steps: list[dict[str, Any]],
        parameters: dict[str, str] | None = None,
        *,
        declared: list[dict[str, Any]] | None = None,
        on_change: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> PipelineRun:
        definition = {"Version": "2020-12-01", "Parameters": declared or [], "Steps": steps}
        default: dict[str, Any] = {
            "pipeline_arn": EXECUTION.pipeline_arn,
            "execution_arn": EXECUTION.arn,
            "workdir": tmp_path / "run",
        }
        return PipelineRun(
            definition=json.loads(json.dumps(definition)),
            parameters=parameters or {},
            pipeline_name=EXECUTION.pipeline_name,
            region=EXECUTION.region,
            account=EXECUTION.account,
            role_arn=EXECUTION.role_arn,
            storage=storage,
            registry=registry,
            on_change=on_change,
            **{**default, **options},
        )

    return make


def _processing(
    name: str, script: str, *, seconds: int = 60, outputs: dict[str, str] | None = None, **step: Any
) -> dict[str, Any]:
    """A Processing step that runs ``script`` by ``python3 -c``."""
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "-c", script]},
            "RoleArn": "arn:aws:iam::123456789012:role/execution",
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": output,
                        "AppManaged": False,
                        "S3Output": {
                            "S3Uri": uri,
                            "LocalPath": f"/opt/ml/processing/output/{output}",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for output, uri in (outputs or {}).items()
                ]
            },
        },
        **step,
    }


@pytest.fixture
def processing() -> Callable[..., dict[str, Any]]:
    return _processing


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Any:
    """An execution's threads end with it."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith(("execution-", "step-")):
            thread.join(timeout=10)
            assert not thread.is_alive(), thread.name
