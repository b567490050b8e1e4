"""`cdk-mlops logs`."""

from __future__ import annotations

from rich.text import Text

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.deployed.pipeline_execution import (
    ExecutionState,
    StepState,
    describe_execution,
    last_executions,
)
from cdk_sagemaker_mlops.deployed.step_logs import StepLog, step_log
from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError


def logs(
    where: Where, *, step: str | None, execution: str | None, lines: int, json: bool, verbose: bool
) -> int:
    """Prints what the jobs of an execution's steps wrote.

    Args:
        where: Which pipeline.
        step: Name of one step. ``None`` for all.
        execution: ARN of the execution, or the ARN's last part. ``None`` for the last one.
        lines: Most lines of each job.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        arn = execution_arn(operation, execution)
        state = describe_execution(operation.sagemaker, arn)
        client = operation.account.client("logs")
        found = [step_log(client, each, lines=lines) for each in _chosen(state, step)]
        operation.answer.update(pipeline_execution=arn, steps=[_as_json(log) for log in found])
        for log in found:
            operation.show(*log_texts(log, asked_for=step is not None))

    return operate(body, where, json=json, verbose=verbose)


def execution_arn(operation: Operation, given: str | None) -> str:
    """Says which execution is meant.

    Args:
        operation: The command.
        given: Its ARN, or the ARN's last part. ``None`` for the last one.

    Raises:
        OperationError: The pipeline was never started.
    """
    name = operation.pipeline.pipeline_name
    if given is not None and given.startswith("arn:"):
        return given
    if given is not None:
        pipeline = operation.sagemaker.describe_pipeline(PipelineName=name)
        return f"{pipeline['PipelineArn']}/execution/{given}"
    last = last_executions(operation.sagemaker, name, count=1)
    if not last:
        raise OperationError(
            Problem(
                code="NoExecution",
                parameter=f"pipeline {name}",
                rule="have been started",
                value="no execution",
                fix="start it with cdk-mlops start",
            )
        )
    return last[0].arn


def _chosen(state: ExecutionState, name: str | None) -> list[StepState]:
    if name is None:
        return list(state.steps)
    chosen = [step for step in state.steps if step.name == name]
    if not chosen:
        raise ValidationError(
            Problem(
                code="NoSuchStep",
                parameter="STEP",
                rule="be a step of that execution that has started",
                value=name,
                fix=f"choose from {', '.join(step.name for step in state.steps)}",
            )
        )
    return chosen


def log_texts(log: StepLog, *, asked_for: bool) -> list[Text]:
    """Words a step's log.

    Args:
        log: The log.
        asked_for: Whether the user named this step: then it has no heading, and its absence is told.
    """
    if log.lines:
        heading = [] if asked_for else [Text(f"==> {log.step} <==", style="bold")]
        # Text, not markup: a job may print brackets.
        return [*heading, *(Text.from_ansi(line) for line in log.lines)]
    if not asked_for:
        return []
    why = "runs no job, so it has no log" if log.source is None else f"has no log yet in {log.source.group}"
    return [Text(f"Step {log.step} {why}.")]


def _as_json(log: StepLog) -> dict[str, object]:
    source = log.source
    return {
        "name": log.step,
        "log_group": None if source is None else source.group,
        "log_stream_prefix": None if source is None else source.prefix,
        "lines": list(log.lines),
    }
