"""Draws a pipeline in a terminal: its steps in order, branches below their condition."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph, Step
from cdk_sagemaker_mlops.cli.graph.states import Execution

_HEADS = {"yes": "yes: ", "no": "no: ", "each": "each: "}


def tree(graph: PipelineGraph, execution: Execution | None = None) -> str:
    """Returns the drawing as lines of text.

    Args:
        graph: The pipeline.
        execution: Execution whose state to show. Default: ``None``, the pipeline alone.
    """
    lines = [graph.name]
    if execution is not None:
        lines.append(f"execution {execution.name}: {execution.status.lower()}")
    rows = list(_rows(graph, None, ""))
    width = max((len(left) for left, _ in rows), default=0)
    lines.append("")
    for left, step in rows:
        words = [step.type, step.detail, _waits(graph, step)]
        state = "" if execution is None else f"{execution.run(step.name).text:<24}  "
        lines.append(f"{left:<{width}}  {state}{'  '.join(word for word in words if word)}".rstrip())
    if graph.parameters:
        wide = max(len(parameter.name) for parameter in graph.parameters)
        lines += ["", "Parameters"]
        for parameter in graph.parameters:
            value = "must be given" if parameter.value is None else parameter.value
            lines.append(f"  {parameter.name:<{wide}}  {value}".rstrip())
    return "\n".join(lines)


def _rows(graph: PipelineGraph, parent: str | None, indent: str) -> Iterator[tuple[str, Step]]:
    """Yields what stands in front of each step and the step, nested ones below the one they belong to."""
    own = [step for step in graph.steps if (None if step.branch is None else step.branch[0]) == parent]
    own.sort(key=lambda step: 0 if step.branch is None else list(_HEADS).index(step.branch[1]))
    for number, step in enumerate(own):
        is_last = number == len(own) - 1
        branch = "" if step.branch is None else _HEADS[step.branch[1]]
        if parent is None:
            yield step.name, step
            yield from _rows(graph, step.name, "  ")
        else:
            yield f"{indent}{'└─' if is_last else '├─'} {branch}{step.name}", step
            yield from _rows(graph, step.name, f"{indent}{'   ' if is_last else '│  '}")


def _waits(graph: PipelineGraph, step: Step) -> str:
    sources = [edge.source for edge in graph.edges if edge.target == step.name and edge.kind == "after"]
    return f"after {', '.join(sources)}" if sources else ""
