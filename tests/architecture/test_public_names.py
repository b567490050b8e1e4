"""What the package offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cdk_sagemaker_mlops

PUBLIC = [
    "AllAtOnceRollout",
    "AsyncEndpoint",
    "AutoScaling",
    "BatchTransform",
    "BiasCheck",
    "CanaryRollout",
    "CapacitySize",
    "DataCapture",
    "DefinitionError",
    "Encryption",
    "Evaluation",
    "ExplainabilityCheck",
    "Inference",
    "LinearRollout",
    "LocalRunError",
    "ManagedInstanceScaling",
    "MlopsError",
    "MlopsPipeline",
    "ModelDeployment",
    "ModelRegistry",
    "Network",
    "OperationError",
    "PipelineContext",
    "Preprocessing",
    "RealTimeEndpoint",
    "RegistryConsumer",
    "Retries",
    "RollbackAlarms",
    "RollingRollout",
    "ScheduledScaling",
    "ServerlessEndpoint",
    "SmokeTest",
    "StandardPipeline",
    "TargetMetric",
    "Training",
    "TrainingPipeline",
    "Tuning",
    "ValidationError",
    "cacheable",
]


def test_offers_these_names_and_no_others() -> None:
    assert cdk_sagemaker_mlops.__all__ == PUBLIC
    assert dir(cdk_sagemaker_mlops) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_resolves_and_is_documented(name: str) -> None:
    found = getattr(cdk_sagemaker_mlops, name)

    assert found.__name__ == name
    assert found.__doc__


def test_fails_on_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'MlopsPipelines'"):
        _ = cdk_sagemaker_mlops.MlopsPipelines


@pytest.mark.parametrize(
    ("imported", "heavy"),
    [
        ("import cdk_sagemaker_mlops", ["aws_cdk", "boto3", "sagemaker", "typer"]),
        ("from cdk_sagemaker_mlops import MlopsPipeline", ["boto3", "sagemaker", "ministack"]),
        ("from cdk_sagemaker_mlops import StandardPipeline", ["aws_cdk", "boto3", "sagemaker"]),
        ("import cdk_sagemaker_mlops.cli", ["aws_cdk", "boto3", "sagemaker", "ministack"]),
    ],
)
def test_imports_nothing_heavy_before_it_is_used(imported: str, heavy: list[str]) -> None:
    code = f"{imported}\nimport sys\nprint([name for name in {heavy!r} if name in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
