"""Shows an execution's steps while they run."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.cli.operation import Operation
from cdk_sagemaker_mlops.deployed.pipeline_execution import (
    ExecutionState,
    StepState,
    execution_error,
    follow_execution,
)
from cdk_sagemaker_mlops.deployed.step_logs import step_log
from cdk_sagemaker_mlops.local.progress import StepChanged

_LOG_LINES = 40
_LATE_TRIES = 5


def watch(operation: Operation, arn: str) -> ExecutionState:
    """Follows an execution to its end, step by step.

    Args:
        operation: The command.
        arn: The execution's ARN.

    Raises:
        OperationError: It did not succeed.
    """

    def on_step(step: StepState) -> None:
        operation.stages.tell(StepChanged(name=step.name, status=status_text(step), seconds=step.seconds))
        if step.status == "Failed":
            _show_log_tail(operation, step)

    with operation.stages.stage("pipeline", f"Run pipeline {operation.pipeline.pipeline_name}"):
        state = follow_execution(
            operation.sagemaker,
            arn,
            on_state=lambda state: operation.answer.update(pipeline_execution=execution_json(state)),
            on_step=on_step,
            poll_seconds=operation.poll_seconds,
        )
    if state.status != "Succeeded":
        raise execution_error(state)
    return state


def _show_log_tail(operation: Operation, step: StepState) -> None:
    client = operation.account.client("logs")
    try:
        log = step_log(client, step, lines=_LOG_LINES)
        for _ in range(_LATE_TRIES):
            if log.source is None or log.lines:
                break
            # Logs come a moment after the news that the job has ended.
            time.sleep(1)
            log = step_log(client, step, lines=_LOG_LINES)
    except (BotoCoreError, ClientError) as error:
        # Whoever may run a pipeline may not be let to read its logs: the failure itself is told anyway.
        operation.note(f"The log of step {step.name} cannot be read: {error}")
        return
    if log.lines:
        lines = log.lines[-_LOG_LINES:]
        operation.note("\n".join([f"Log of step {step.name}, its last {len(lines)} lines:", *lines]))


def status_text(step: StepState) -> str:
    """Words a step's status, such as ``Succeeded (cached)``."""
    return f"{step.status} (cached)" if step.cached else step.status


def execution_json(state: ExecutionState) -> dict[str, Any]:
    """Gives the JSON form of an execution."""
    return {
        "arn": state.arn,
        "status": state.status,
        "failure_reason": state.failure_reason,
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "seconds": step.seconds,
                "cached": step.cached,
                "failure_reason": step.failure_reason,
            }
            for step in state.steps
        ],
    }
