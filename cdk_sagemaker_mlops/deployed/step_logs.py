"""What the jobs of an execution's steps printed, as CloudWatch Logs keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.pipeline_execution import StepState

# SageMaker's own log groups, by the member of a step's metadata that names the job.
# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
_GROUPS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
    # The training jobs of a tuning job begin with its name.
    "TuningJob": "/aws/sagemaker/TrainingJobs",
}
_CHECKS = ("QualityCheck", "ClarifyCheck")
_STREAMS = 20


@dataclass(frozen=True, kw_only=True)
class LogSource:
    """Where a step's log is.

    Args:
        group: Log group.
        prefix: How the names of its streams begin.
    """

    group: str
    prefix: str


@dataclass(frozen=True, kw_only=True)
class StepLog:
    """The end of a step's log.

    Args:
        step: Name of the step.
        source: Where it is. Default: ``None``, a step of its kind has no log.
        lines: Its last lines, oldest first. Default: none were found.
    """

    step: str
    source: LogSource | None = None
    lines: tuple[str, ...] = ()


def log_source(metadata: Mapping[str, Any]) -> LogSource | None:
    """Says where the log of a step is.

    Args:
        metadata: The step's metadata, as ``ListPipelineExecutionSteps`` gives it.

    Returns:
        ``None`` when the step runs no job.
    """
    for kind, group in _GROUPS.items():
        if kind in metadata and "Arn" in metadata[kind]:
            job = str(metadata[kind]["Arn"]).rsplit("/", 1)[1]
            return LogSource(group=group, prefix=job if kind == "TuningJob" else f"{job}/")
    for check in _CHECKS:
        arn = metadata.get(check, {}).get("CheckJobArn")
        if arn is not None:
            return LogSource(group=_GROUPS["ProcessingJob"], prefix=f"{str(arn).rsplit('/', 1)[1]}/")
    function = metadata.get("Lambda", {}).get("Arn")
    if function is not None:
        return LogSource(group=f"/aws/lambda/{str(function).split(':')[6]}", prefix="")
    return None


def step_log(logs: Any, step: StepState, *, lines: int) -> StepLog:
    """Reads the end of a step's log.

    Args:
        logs: A CloudWatch Logs client.
        step: The step.
        lines: Most lines to read of each of its streams, 1 to 10,000.
    """
    source = log_source(step.metadata)
    if source is None:
        return StepLog(step=step.name)
    told: list[str] = []
    streams = _streams(logs, source)
    for name in streams:
        page = logs.get_log_events(
            logGroupName=source.group, logStreamName=name, limit=lines, startFromHead=False
        )
        # Several streams: several instances, or the jobs of a search.
        head = [f"==> {name} <=="] if len(streams) > 1 else []
        told += head + [event["message"].rstrip("\n") for event in page["events"]]
    return StepLog(step=step.name, source=source, lines=tuple(told))


def _streams(logs: Any, source: LogSource) -> list[str]:
    named: dict[str, Any] = {"logStreamNamePrefix": source.prefix} if source.prefix else {}
    # AWS orders by time only where no prefix is given.
    ordered: dict[str, Any] = {} if named else {"orderBy": "LastEventTime", "descending": True}
    limit = _STREAMS if named else 1
    try:
        page = logs.describe_log_streams(logGroupName=source.group, limit=limit, **named, **ordered)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return [stream["logStreamName"] for stream in page["logStreams"]]
