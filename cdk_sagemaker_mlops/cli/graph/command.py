"""`cdk-mlops graph`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from cdk_sagemaker_mlops.cli.graph.assembly import synthesised_pipelines
from cdk_sagemaker_mlops.cli.graph.drawing import pipeline_scene
from cdk_sagemaker_mlops.cli.graph.mermaid import mermaid
from cdk_sagemaker_mlops.cli.graph.pipeline_graph import pipeline_graph
from cdk_sagemaker_mlops.cli.graph.png import png
from cdk_sagemaker_mlops.cli.graph.reading import Drawn, read_pipeline
from cdk_sagemaker_mlops.cli.graph.svg import svg
from cdk_sagemaker_mlops.cli.graph.tree import tree
from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.output_file import write_file
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.errors import Problem, ValidationError


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to draw, and how.

    Args:
        png: File to draw as PNG. Default: ``None``.
        svg: File to draw as SVG. Default: ``None``.
        mermaid: Whether to print a Mermaid flowchart. Default: ``False``.
        execution: Execution to show, by its ARN or ``latest``. Default: ``None``, the pipeline alone.
        app: Folder of a synthesised app to draw instead of what is deployed. Default: ``None``.
        pipeline: Which pipeline of ``app``. Default: ``None``, the only one.
    """

    png: Path | None = None
    svg: Path | None = None
    mermaid: bool = False
    execution: str | None = None
    app: Path | None = None
    pipeline: str | None = None


def graph(where: Where, wanted: Wanted, *, json: bool, verbose: bool) -> int:
    """Draws a pipeline. Without another wish it is drawn as text.

    Args:
        where: Which pipeline.
        wanted: What to draw, and how.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        drawn = _read(operation, wanted)
        operation.answer.update(_plain(drawn))
        files = _write(drawn, wanted)
        operation.answer["files"] = files
        if wanted.mermaid:
            operation.answer["mermaid"] = mermaid(drawn.graph, drawn.execution)
            operation.show(Text(operation.answer["mermaid"].rstrip()))
        elif not files:
            operation.show(Text(tree(drawn.graph, drawn.execution)))
        for file in files:
            operation.note(f"Drew {drawn.graph.name}: {file}")

    return operate(body, where, json=json, verbose=verbose)


def _read(operation: Operation, wanted: Wanted) -> Drawn:
    if wanted.app is None:
        if wanted.pipeline is not None:
            raise ValidationError(_unusable("--pipeline", wanted.pipeline, "add --app, or use --stack"))
        return read_pipeline(operation.sagemaker, operation.pipeline.pipeline_name, wanted.execution)
    if wanted.execution is not None:
        fix = "leave out --app to draw what is deployed"
        raise ValidationError(_unusable("--execution", wanted.execution, fix))
    found = synthesised_pipelines(wanted.app)
    name = next(iter(found)) if wanted.pipeline is None else wanted.pipeline
    if name not in found or (wanted.pipeline is None and len(found) > 1):
        raise ValidationError(
            Problem(
                code="WhichPipeline",
                parameter="--pipeline",
                rule=f"be one of {', '.join(map(repr, found))}",
                value=wanted.pipeline,
                fix="name one of them",
            )
        )
    return Drawn(graph=pipeline_graph(name, found[name]))


def _unusable(option: str, value: str, fix: str) -> Problem:
    rule = "be used with --app" if option == "--pipeline" else "be left out with --app"
    return Problem(code="WrongOptions", parameter=option, rule=rule, value=value, fix=fix)


def _write(drawn: Drawn, wanted: Wanted) -> list[str]:
    if wanted.png is None and wanted.svg is None:
        return []
    scene = pipeline_scene(drawn.graph, drawn.execution)
    files = []
    if wanted.svg is not None:
        write_file(wanted.svg, svg(scene).encode(), option="--svg")
        files.append(str(wanted.svg.resolve()))
    if wanted.png is not None:
        write_file(wanted.png, png(scene), option="--png")
        files.append(str(wanted.png.resolve()))
    return files


def _plain(drawn: Drawn) -> dict[str, Any]:
    """What is drawn, for scripts."""
    shown: dict[str, Any] = {
        "pipeline": drawn.graph.name,
        "steps": [dataclasses.asdict(step) for step in drawn.graph.steps],
        "edges": [dataclasses.asdict(edge) for edge in drawn.graph.edges],
        "parameters": [dataclasses.asdict(parameter) for parameter in drawn.graph.parameters],
        "execution": None,
    }
    execution = drawn.execution
    if execution is not None:
        shown["execution"] = {"arn": execution.arn, "status": execution.status}
        for step in shown["steps"]:
            step["run"] = dataclasses.asdict(execution.run(step["name"]))
    return shown
