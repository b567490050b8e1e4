"""`cdk-mlops status`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.screen import moment, table, word
from cdk_sagemaker_mlops.cli.versions import live_endpoint, version_json, versions_table
from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails, Rollout
from cdk_sagemaker_mlops.deployed.health import Alarm, dead_letters, read_alarms, stack_alarms
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionSummary, last_executions
from cdk_sagemaker_mlops.deployed.rollout import outcome_on
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that ``status`` tells.

    Args:
        pipeline: What is deployed.
        executions: The last executions, newest first.
        versions: The newest versions.
        endpoint: The endpoint. ``None`` when there is none.
        alarms: Alarms of the stack and of the last deployment.
        dead_letters: Triggers that kept failing. ``None`` when the stack tells no queue.
    """

    pipeline: DeployedPipeline
    executions: tuple[ExecutionSummary, ...]
    versions: tuple[RegisteredModel, ...]
    endpoint: EndpointDetails | None
    alarms: tuple[Alarm, ...]
    dead_letters: int | None


def status(where: Where, *, json: bool, verbose: bool) -> int:
    """Shows how a deployed pipeline is.

    Args:
        where: Which pipeline.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        seen = read_status(operation)
        operation.answer.update(status_json(seen))
        operation.show(*status_view(seen))

    return operate(body, where, json=json, verbose=verbose)


def read_status(operation: Operation) -> Status:
    """Reads everything that is told."""
    pipeline, account = operation.pipeline, operation.account
    endpoint = live_endpoint(operation)
    names = [*stack_alarms(account.client("cloudformation"), pipeline)]
    names += [] if endpoint is None else endpoint.alarms
    return Status(
        pipeline=pipeline,
        executions=last_executions(operation.sagemaker, pipeline.pipeline_name, count=_SHOWN),
        versions=operation.registry.latest(_SHOWN),
        endpoint=endpoint,
        alarms=read_alarms(account.client("cloudwatch"), names),
        dead_letters=dead_letters(account.client("sqs"), pipeline.dead_letter_queue_url),
    )


def status_view(seen: Status) -> Iterator[RenderableType]:
    """Words it all, for people."""
    pipeline = seen.pipeline
    yield _heading("Pipeline", f"{pipeline.pipeline_name}  (stack {pipeline.stack}, {pipeline.region})")
    yield from _executions_view(seen.executions)
    yield Text()
    yield _heading("Registry", pipeline.model_package_group_name)
    if seen.versions:
        yield Padding(versions_table(seen.versions, seen.endpoint), (0, 0, 0, 2))
    else:
        yield Text("  no versions yet")
    yield Text()
    yield from _endpoint_view(seen)
    yield Text()
    yield from _alarms_view(seen.alarms)
    if seen.dead_letters is not None:
        yield _heading("Dead letters", _letters_text(seen.dead_letters))


def _heading(name: str, text: str) -> Text:
    return Text.assemble((f"{name:<13}", "bold"), text)


def _executions_view(executions: Sequence[ExecutionSummary]) -> Iterator[RenderableType]:
    if not executions:
        yield Text("  never started: cdk-mlops start")
        return
    made = table("EXECUTION", "STATUS", "STARTED")
    for execution in executions:
        made.add_row(execution.arn.rsplit("/", 1)[1], word(execution.status), moment(execution.started))
    yield Padding(made, (0, 0, 0, 2))


def _endpoint_view(seen: Status) -> Iterator[RenderableType]:
    endpoint = seen.endpoint
    name = seen.pipeline.endpoint_name
    if endpoint is None:
        yield _heading("Endpoint", "none" if name is None else f"{name} does not exist: nothing is approved")
        return
    yield Text.assemble(
        (f"{'Endpoint':<13}", "bold"), f"{endpoint.name}, ", word(endpoint.status), f", {endpoint.kind}"
    )
    if endpoint.status != "Creating":
        yield Text(f"  serves {_version(endpoint.version)} since {moment(served_since(seen))}")
    if endpoint.failure_reason is not None:
        yield Text(f"  last failure: {endpoint.failure_reason}", style="red")
    if endpoint.rollout is not None:
        yield from _rollout_view(endpoint.rollout)


def served_since(seen: Status) -> Any:
    """Says since when the version is served: as the deployer noted, else the endpoint's last change."""
    endpoint = seen.endpoint
    if endpoint is None:
        return None
    for model in seen.versions:
        outcome = outcome_on(model, endpoint.name)
        if model.version == endpoint.version and outcome is not None and outcome.at is not None:
            return outcome.at
    return endpoint.since


def _rollout_view(rollout: Rollout) -> Iterator[Text]:
    since = "" if rollout.started is None else f" since {moment(rollout.started)}"
    yield Text(f"  rolling out {_version(rollout.version)}{since}: {rollout.strategy}", style="yellow")
    for progress in rollout.progress:
        yield Text(f"    {progress}", style="yellow")


def _version(version: int | None) -> str:
    return "a model that is not of the registry" if version is None else f"version {version}"


def _alarms_view(alarms: Sequence[Alarm]) -> Iterator[RenderableType]:
    ringing = [alarm for alarm in alarms if alarm.state == "ALARM"]
    text = (
        "none" if not alarms else f"{len(alarms)}, " + (f"{len(ringing)} ringing" if ringing else "all quiet")
    )
    yield _heading("Alarms", text)
    for alarm in ringing:
        reason = "" if alarm.reason is None else f": {alarm.reason}"
        yield Text.assemble("  ", word(alarm.state), f" {alarm.name} since {moment(alarm.since)}{reason}")


def _letters_text(count: int) -> str:
    return "0" if count == 0 else f"{count}: the deployer kept failing; see its function's log"


def status_json(seen: Status) -> dict[str, Any]:
    """Gives the JSON form of it all."""
    endpoint = None
    if seen.endpoint is not None:
        endpoint = {**asdict(seen.endpoint), "served_since": served_since(seen)}
    return {
        "pipeline": asdict(seen.pipeline),
        "executions": [asdict(execution) for execution in seen.executions],
        "versions": [version_json(model, seen.endpoint) for model in seen.versions],
        "endpoint": endpoint,
        "alarms": [asdict(alarm) for alarm in seen.alarms],
        "dead_letters": seen.dead_letters,
    }
