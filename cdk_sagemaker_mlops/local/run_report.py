"""What a local run did, filled in as it goes, so that a run that fails still tells what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState, StepState
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState


@dataclass(frozen=True, kw_only=True)
class RunningEngine:
    """An engine that was left running.

    Args:
        endpoint_url: Its address.
        environment: Variables that point AWS clients at it.
        stacks: Names of the stacks deployed to it.
    """

    endpoint_url: str
    environment: Mapping[str, str]
    stacks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Gives the shape that ``cdk-mlops local up --json`` prints."""
        return {
            "endpoint_url": self.endpoint_url,
            "environment": dict(self.environment),
            "stacks": list(self.stacks),
        }


@dataclass(kw_only=True)
class RunReport:
    """Everything a run found out.

    Args:
        execution: The pipeline's execution, as last read. Default: ``None``, none was started.
        model: The registered model package. Default: ``None``, none was registered.
        endpoint: The endpoint, as last read. Default: ``None``, none was waited for.
        prediction: The endpoint's answer. Default: ``None``, it was not asked.
        expected: The true label. Default: ``None``, it is not known.
        seconds: How long each stage took.
        running: The engine, where it was left running. Default: ``None``, it was stopped.
    """

    execution: ExecutionState | None = None
    model: RegisteredModel | None = None
    endpoint: EndpointState | None = None
    prediction: object = None
    expected: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    running: RunningEngine | None = None

    def as_json(self) -> dict[str, Any]:
        """Gives the shape that ``cdk-mlops local run --json`` prints."""
        report = {
            "pipeline_execution": None if self.execution is None else _execution(self.execution),
            "model_package": None if self.model is None else _model(self.model),
            "endpoint": None if self.endpoint is None else _endpoint(self.endpoint),
            "prediction": self.prediction,
            "seconds": dict(self.seconds),
        }
        return report if self.running is None else {**report, **self.running.as_json()}


def _execution(state: ExecutionState) -> dict[str, Any]:
    return {"arn": state.arn, "status": state.status, "steps": [_step(step) for step in state.steps]}


def _step(step: StepState) -> dict[str, Any]:
    told = {"name": step.name, "status": step.status, "seconds": step.seconds}
    return {**told, "cached": True} if step.cached else told


def _model(model: RegisteredModel) -> dict[str, Any]:
    return {
        "arn": model.arn,
        "version": model.version,
        "approval_status": model.approval_status,
        "metrics": {name: dict(metric) for name, metric in model.metrics.items()},
    }


def _endpoint(state: EndpointState) -> dict[str, Any]:
    return {"name": state.name, "status": state.status, "model_package_arn": state.model_package_arn}
