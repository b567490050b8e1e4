"""Writes a pipeline as a Mermaid flowchart, which GitHub and many wikis draw."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_mlops.cli.graph.palette import LIGHT
from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph, Step
from cdk_sagemaker_mlops.cli.graph.states import Execution

_STATUS_ROLES = {"Succeeded": "succeeded", "Failed": "fail", "Executing": "running", "Starting": "running"}


def mermaid(graph: PipelineGraph, execution: Execution | None = None) -> str:
    """Returns the flowchart.

    Args:
        graph: The pipeline.
        execution: Execution whose state to show. Default: ``None``, the pipeline alone.
    """
    # Names of steps may be words that Mermaid reserves, such as "end".
    ids = {step.name: f"s{number}" for number, step in enumerate(graph.steps)}
    lines = ["flowchart TD"]
    lines += [f"    {ids[step.name]}{_node(step, execution)}" for step in graph.steps]
    for edge in graph.edges:
        arrow = "-->" if edge.kind == "after" else f"-- {edge.kind} -->"
        lines.append(f"    {ids[edge.source]} {arrow} {ids[edge.target]}")
    if graph.parameters:
        rows = [
            f"{parameter.name} = {'must be given' if parameter.value is None else parameter.value}"
            for parameter in graph.parameters
        ]
        lines.append(f'    parameters["{_text("Parameters", *rows)}"]')
    return "\n".join([*lines, *_classes(graph, execution, ids), ""])


def _node(step: Step, execution: Execution | None) -> str:
    lines = [step.name, step.type, *([step.detail] if step.detail else [])]
    if execution is not None:
        lines.append(execution.run(step.name).text)
    opening, closing = ("{{", "}}") if step.type in ("Condition", "ForEach") else ("[", "]")
    return f'{opening}"{_text(*lines)}"{closing}'


def _text(*lines: str) -> str:
    """Mermaid's quotes: every character that may mean something to it or to HTML, by its number."""
    return "<br/>".join(
        "".join(c if c.isalnum() or c in " .,:/-_=()+@" else f"#{ord(c)};" for c in line) for line in lines
    )


def _classes(graph: PipelineGraph, execution: Execution | None, ids: dict[str, str]) -> Iterator[str]:
    if execution is None:
        return
    for status in execution.statuses(graph):
        role = _STATUS_ROLES.get(status, "stopped" if status.startswith("Stop") else "idle")
        fill, stroke = LIGHT.fills[role], LIGHT.strokes[role]  # type: ignore[index]
        members = [ids[step.name] for step in graph.steps if execution.run(step.name).status == status]
        yield f"    classDef {status} fill:{fill},stroke:{stroke},color:{LIGHT.ink}"
        yield f"    class {','.join(members)} {status}"
