"""`cdk-mlops versions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cdk_sagemaker_mlops.cli.metrics import compared, metric_names, metrics_json, value_text
from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.screen import moment, table, word
from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails, endpoint_details
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.outcomes import Outcome

_METRIC_COLUMNS = 4


def versions(where: Where, *, compare: tuple[int, int] | None, limit: int, json: bool, verbose: bool) -> int:
    """Shows the registry, or two versions side by side.

    Args:
        where: Which pipeline's registry.
        compare: Two versions. ``None`` shows the newest ones in a table.
        limit: Most versions in the table.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        if compare is not None:
            _compare(operation, *compare)
            return
        endpoint = live_endpoint(operation)
        models = operation.registry.latest(limit)
        group = operation.pipeline.model_package_group_name
        operation.answer.update(
            model_package_group=group, versions=[version_json(model, endpoint) for model in models]
        )
        if not models:
            operation.show(Text(f"{group} has no versions yet: start the pipeline with cdk-mlops start."))
            return
        operation.show(versions_table(models, endpoint))
        left_out = len(metric_names(models)) - _METRIC_COLUMNS
        if left_out > 0:
            operation.show(Text(f"{left_out} more metrics: --compare or --json shows them.", style="dim"))

    return operate(body, where, json=json, verbose=verbose)


def live_endpoint(operation: Operation) -> EndpointDetails | None:
    """Reads the pipeline's endpoint; ``None`` when there is none."""
    name = operation.pipeline.endpoint_name
    return None if name is None else endpoint_details(operation.sagemaker, name)


def _compare(operation: Operation, first: int, second: int) -> None:
    before, after = operation.registry.version(first), operation.registry.version(second)
    operation.answer["versions"] = [version_json(model, None) for model in (before, after)]
    operation.show(compared(before, after, headings=(f"VERSION {first}", f"VERSION {second}")))


def versions_table(models: Sequence[RegisteredModel], endpoint: EndpointDetails | None) -> Table:
    """Puts versions into a table, newest first.

    Args:
        models: The versions.
        endpoint: The endpoint, to say which one it serves. ``None`` when there is none.
    """
    metrics = metric_names(models)[:_METRIC_COLUMNS]
    made = table("VERSION", "APPROVAL", *metrics, "DEPLOYED ON", "OUTCOME", "REGISTERED")
    for model in models:
        made.add_row(
            str(model.version),
            word(model.approval_status),
            *(value_text(model.metrics.get(name)) for name in metrics),
            deployed_text(model, endpoint),
            outcome_text(model.outcomes),
            moment(model.created),
        )
    return made


def deployed_text(model: RegisteredModel, endpoint: EndpointDetails | None) -> str:
    """Says where a version is served, or was."""
    names = [outcome.endpoint for outcome in model.outcomes]
    if endpoint is not None and endpoint.version == model.version:
        others = [name for name in names if name != endpoint.name]
        return ", ".join([f"{endpoint.name} (live)", *others])
    return ", ".join(names) if names else "-"


def outcome_text(outcomes: Sequence[Outcome]) -> Text:
    """Words how a version did, with the reason where it failed."""
    if not outcomes:
        return Text("-")
    told = []
    for outcome in outcomes:
        reason = "" if outcome.reason is None or outcome.succeeded else f": {outcome.reason}"
        told.append(Text.assemble(word(outcome.status), reason))
    return Text("; ").join(told)


def version_json(model: RegisteredModel, endpoint: EndpointDetails | None) -> dict[str, Any]:
    """Gives the JSON form of a version.

    Args:
        model: The version.
        endpoint: The endpoint, to say whether it serves this one. ``None`` when there is none.
    """
    return {
        "arn": model.arn,
        "version": model.version,
        "approval_status": model.approval_status,
        "approval_description": model.approval_description,
        "created": model.created,
        "metrics": metrics_json(model),
        "metrics_error": model.metrics_error,
        "live": endpoint is not None and endpoint.version == model.version,
        "outcomes": [
            {
                "account": outcome.account,
                "region": outcome.region,
                "endpoint": outcome.endpoint,
                "status": outcome.status,
                "at": outcome.at,
                "reason": outcome.reason,
            }
            for outcome in model.outcomes
        ],
    }
