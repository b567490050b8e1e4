"""Shows the metrics of versions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from cdk_sagemaker_mlops.cli.screen import table
from cdk_sagemaker_mlops.cli.summary import metric_text
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel


def metric_names(models: Sequence[RegisteredModel]) -> list[str]:
    """Lists the metrics that any of the versions has, in the order in which they come."""
    return list(dict.fromkeys(name for model in models for name in model.metrics))


def value_text(metric: Mapping[str, float] | None) -> str:
    """Words a metric; ``-`` when there is none."""
    return "-" if metric is None else metric_text(metric)


def compared(first: RegisteredModel, second: RegisteredModel, *, headings: tuple[str, str]) -> Table:
    """Puts the metrics of two versions side by side, with what the second has more.

    Args:
        first: The one to compare with.
        second: The one that is looked at.
        headings: What to call them.
    """
    made = table("METRIC", *headings, "DIFFERENCE")
    for name in metric_names([first, second]):
        ours, theirs = first.metrics.get(name), second.metrics.get(name)
        difference = difference_text(ours, theirs)
        made.add_row(name, value_text(ours), value_text(theirs), difference)
    return made


def difference_text(before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> str:
    """Words how much more the second is, such as ``+0.0123``."""
    if before is None or after is None:
        return "-"
    difference = after["value"] - before["value"]
    # An unchanged metric should not read as a tiny change of floating-point arithmetic.
    return "0" if abs(difference) < 1e-12 else f"{difference:+.4g}"


def metrics_json(model: RegisteredModel) -> dict[str, dict[str, float]]:
    """Gives the JSON form of a version's metrics."""
    return {name: dict(metric) for name, metric in model.metrics.items()}
