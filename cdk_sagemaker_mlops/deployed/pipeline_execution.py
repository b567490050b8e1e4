"""Starts a pipeline and follows its execution to the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.errors import OperationError, Problem

_RUNNING = {"Executing", "Stopping"}
POLL_SECONDS = 0.3
"""Seconds between two looks at a local engine."""


@dataclass(frozen=True, kw_only=True)
class StepState:
    """A step as the API tells it.

    Args:
        name: Its name in the definition.
        status: SageMaker's word.
        seconds: How long it ran. Default: ``None``, it has not ended.
        failure_reason: Why it failed. Default: ``None``.
        metadata: What kind of step it is and what it made.
        cached: Whether it used the result of an earlier execution. Default: ``False``.
    """

    name: str
    status: str
    seconds: float | None = None
    failure_reason: str | None = None
    metadata: Mapping[str, Any]
    cached: bool = False


@dataclass(frozen=True, kw_only=True)
class ExecutionState:
    """An execution as the API tells it.

    Args:
        arn: Its ARN.
        status: SageMaker's word.
        failure_reason: Why it failed. Default: ``None``.
        steps: The steps that have started, in the order they did.
    """

    arn: str
    status: str
    failure_reason: str | None = None
    steps: tuple[StepState, ...]


@dataclass(frozen=True, kw_only=True)
class ExecutionSummary:
    """An execution in a list.

    Args:
        arn: Its ARN.
        status: SageMaker's word.
        started: When it was started.
        name: Its display name.
    """

    arn: str
    status: str
    started: datetime
    name: str


def start_execution(sagemaker: Any, pipeline_name: str, parameters: Mapping[str, str] | None = None) -> str:
    """Starts a pipeline.

    Args:
        sagemaker: A SageMaker client.
        pipeline_name: Name of the pipeline.
        parameters: Values by name, as text. Default: ``None``, every parameter has its own default.

    Returns:
        The execution's ARN.
    """
    options: dict[str, Any] = {}
    if parameters:
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        options["PipelineParameters"] = given
    started = sagemaker.start_pipeline_execution(PipelineName=pipeline_name, **options)
    return str(started["PipelineExecutionArn"])


def last_executions(sagemaker: Any, pipeline_name: str, *, count: int) -> tuple[ExecutionSummary, ...]:
    """Lists a pipeline's executions, newest first.

    Args:
        sagemaker: A SageMaker client.
        pipeline_name: Name of the pipeline.
        count: How many at most, 1 to 100.
    """
    page = sagemaker.list_pipeline_executions(
        PipelineName=pipeline_name, SortBy="CreationTime", SortOrder="Descending", MaxResults=count
    )
    return tuple(
        ExecutionSummary(
            arn=entry["PipelineExecutionArn"],
            status=entry["PipelineExecutionStatus"],
            started=entry["StartTime"],
            name=entry.get("PipelineExecutionDisplayName", entry["PipelineExecutionArn"].rsplit("/", 1)[1]),
        )
        for entry in page["PipelineExecutionSummaries"]
    )


def describe_execution(sagemaker: Any, arn: str) -> ExecutionState:
    """Reads an execution and its steps."""
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    steps: list[StepState] = []
    token: dict[str, str] = {}
    while True:
        page = sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=arn, SortOrder="Ascending", **token
        )
        steps.extend(_step(step) for step in page["PipelineExecutionSteps"])
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    return ExecutionState(
        arn=arn,
        status=execution["PipelineExecutionStatus"],
        failure_reason=execution.get("FailureReason"),
        steps=tuple(steps),
    )


def _step(step: Mapping[str, Any]) -> StepState:
    seconds = None
    if "EndTime" in step:
        seconds = round((step["EndTime"] - step["StartTime"]).total_seconds(), 3)
    return StepState(
        name=step["StepName"],
        status=step["StepStatus"],
        seconds=seconds,
        failure_reason=step.get("FailureReason"),
        metadata=step.get("Metadata", {}),
        cached="CacheHitResult" in step,
    )


def follow_execution(
    sagemaker: Any,
    arn: str,
    *,
    on_state: Callable[[ExecutionState], None],
    on_step: Callable[[StepState], None],
    poll_seconds: float = POLL_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> ExecutionState:
    """Waits until an execution ends.

    Args:
        sagemaker: A SageMaker client.
        arn: The execution's ARN.
        on_state: Receives every state that was read.
        on_step: Receives a step each time its status has changed.
        poll_seconds: Seconds between two looks. Default: ``POLL_SECONDS``.
        sleep: Waits so many seconds. Default: ``time.sleep``.
    """
    seen: dict[str, str] = {}
    while True:
        state = describe_execution(sagemaker, arn)
        on_state(state)
        for step in state.steps:
            if seen.get(step.name) != step.status:
                seen[step.name] = step.status
                on_step(step)
        if state.status not in _RUNNING:
            return state
        sleep(poll_seconds)


def failed_step(state: ExecutionState) -> StepState | None:
    """Finds the step that made an execution fail: the first that failed."""
    return next((step for step in state.steps if step.status == "Failed"), None)


def execution_error(state: ExecutionState, kept: Path | None = None) -> OperationError:
    """Words the error of an execution that did not succeed.

    Args:
        state: How it ended.
        kept: Folder of the job that failed. Default: ``None``, there is none.
    """
    step = failed_step(state)
    told = state.failure_reason if step is None or step.failure_reason is None else step.failure_reason
    gate = None if step is None else step.metadata.get("Fail")
    if step is not None and gate is not None:
        code, parameter = "PipelineRefusedModel", f"step {step.name}"
        rule, value = "not be reached", gate.get("ErrorMessage", told)
        fix = "improve the model, or lower the threshold"
    else:
        code = "PipelineExecutionFailed"
        parameter = "pipeline execution" if step is None else f"step {step.name}"
        rule, value = "succeed", state.status if told is None else told
        fix = "start it again" if step is None else "read the step's log above"
        fix += "" if kept is None else f", and look at what it worked on in {kept}"
    problem = Problem(code=code, parameter=parameter, rule=rule, value=value, fix=fix)
    return OperationError(problem, at=state.arn)
