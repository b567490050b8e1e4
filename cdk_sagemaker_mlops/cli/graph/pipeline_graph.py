"""What a definition says of its steps, and of what each waits for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdk_sagemaker_mlops.cli.graph.wording import parameter_text, step_detail
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord, step_records
from cdk_sagemaker_mlops.errors import OperationError, Problem

EdgeKind = Literal["after", "yes", "no", "each"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step.

    Args:
        name: Its name.
        type: Its type as SageMaker names it, such as ``Training``.
        detail: What it does it with, such as an instance type or a condition; may be empty.
        branch: Name of the condition or loop that it is nested in, and which part of it. Default: ``None``.
    """

    name: str
    type: str
    detail: str
    branch: tuple[str, EdgeKind] | None = None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One step waits for another.

    Args:
        source: Name of the step that is waited for.
        target: Name of the step that waits.
        kind: ``yes`` and ``no`` are the branches of a condition, ``each`` the body of a loop.
    """

    source: str
    target: str
    kind: EdgeKind


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the pipeline.

    Args:
        name: Its name.
        type: Its type as SageMaker names it.
        value: Its default, or its value in an execution, as text; ``None`` if it must be given.
    """

    name: str
    type: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class PipelineGraph:
    """A pipeline.

    Args:
        name: Name of the pipeline.
        steps: Every step, nested ones too, each after those that it waits for.
        edges: What waits for what; what follows from other edges is left out.
        parameters: The parameters.
    """

    name: str
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    parameters: tuple[Parameter, ...]


def pipeline_graph(name: str, document: str, values: Mapping[str, str] | None = None) -> PipelineGraph:
    """Reads a pipeline's definition.

    Args:
        name: Name of the pipeline.
        document: The definition's JSON text.
        values: Values of parameters in an execution. Default: ``None``, their defaults.

    Raises:
        OperationError: The definition is no JSON object with steps, or its steps wait for each other in a
            circle.
    """
    definition = _read(name, document)
    given = {} if values is None else values
    parameters = tuple(
        Parameter(
            name=str(item.get("Name")),
            type=str(item.get("Type")),
            value=given.get(str(item.get("Name")), parameter_text(item.get("DefaultValue"))),
        )
        for item in definition.get("Parameters") or ()
    )
    records = list(step_records(definition["Steps"]))
    known = {parameter.name: parameter.value for parameter in parameters}
    steps = {record.name: _step(record, known) for record in records}
    edges = {
        (edge.source, edge.target): edge
        for record in records
        for edge in _edges(record)
        if edge.source in steps and edge.source != edge.target
    }
    order = _in_order(list(steps), set(edges), name)
    return PipelineGraph(
        name=name,
        steps=tuple(steps[step] for step in order),
        edges=tuple(edges[pair] for pair in _needed(order, set(edges))),
        parameters=parameters,
    )


def _read(name: str, document: str) -> dict[str, Any]:
    try:
        definition = json.loads(document)
    except ValueError as error:
        raise OperationError(_problem(name, "be JSON", str(error))) from error
    if not isinstance(definition, dict) or not isinstance(definition.get("Steps"), list):
        raise OperationError(_problem(name, "be an object with Steps", document[:80]))
    return definition


def _problem(name: str, rule: str, value: object) -> Problem:
    return Problem(
        code="InvalidDefinition",
        parameter=f"the definition of pipeline {name}",
        rule=rule,
        value=value,
        fix="deploy the stack again, which writes it anew",
    )


def _step(record: StepRecord, known: Mapping[str, str | None]) -> Step:
    branch = _branch(record)
    return Step(
        name=record.name,
        type=record.type,
        detail=step_detail(record, known),
        branch=None if branch is None else branch,
    )


def _branch(record: StepRecord) -> tuple[str, EdgeKind] | None:
    parent = record.parent
    if parent is None:
        return None
    kinds: dict[str, EdgeKind] = {"IfSteps": "yes", "ElseSteps": "no", "ForEachBody": "each"}
    for member, kind in kinds.items():
        if any(nested is record.content for nested in parent.arguments.get(member) or ()):
            return parent.name, kind
    return None


def _edges(record: StepRecord) -> Iterator[Edge]:
    for reference in record.references():
        if reference.namespace == "Steps":
            source = reference.rest.partition(".")[0].partition("[")[0]
            yield Edge(source=source, target=record.name, kind="after")
    for _, source in record.dependencies():
        yield Edge(source=source, target=record.name, kind="after")
    branch = _branch(record)
    if branch is not None:
        yield Edge(source=branch[0], target=record.name, kind=branch[1])


def _in_order(names: list[str], pairs: set[tuple[str, str]], pipeline: str) -> list[str]:
    """Sorts steps so that each follows those it waits for, otherwise as the definition has them."""
    order: list[str] = []
    left = dict.fromkeys(names)
    while left:
        waiting = {target for source, target in pairs if source in left and target in left}
        free = [name for name in left if name not in waiting]
        if not free:
            raise OperationError(_problem(pipeline, "have no steps that wait for each other", sorted(left)))
        order.append(free[0])
        del left[free[0]]
    return order


def _needed(order: list[str], pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leaves out what follows from other pairs: who waits for a step waits for all that it waits for."""
    before: dict[str, set[str]] = {}
    needed = []
    for name in order:
        sources = [source for source in order if (source, name) in pairs]
        indirect = set().union(*(before[source] for source in sources))
        needed += [(source, name) for source in sources if source not in indirect]
        before[name] = indirect | set(sources)
    return needed
