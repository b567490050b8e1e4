"""Composes the drawing of a pipeline: its steps, the arrows between them, its parameters, and a legend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cdk_sagemaker_mlops.cli.graph.layout import Layout, layered_layout
from cdk_sagemaker_mlops.cli.graph.palette import Role
from cdk_sagemaker_mlops.cli.graph.pipeline_graph import Edge, PipelineGraph, Step
from cdk_sagemaker_mlops.cli.graph.scene import HEXAGON_EDGE, Area, Group, Item, Line, Point, Scene, Text
from cdk_sagemaker_mlops.cli.graph.states import NOT_RUN, Execution
from cdk_sagemaker_mlops.cli.graph.text_width import shortened, text_width, wrapped

_MARGIN, _GAP = 24.0, 32.0
_NAME, _SMALL, _TITLE = 14.0, 12.0, 18.0
_WIDEST = 230.0
_PADDING = 14.0
_VALUE_WIDTH = 260.0
_KINDS: Mapping[str, Role] = {
    **dict.fromkeys(("Condition", "ForEach"), "condition"),
    **dict.fromkeys(("RegisterModel", "Model", "Endpoint", "EndpointConfig", "InferenceComponent"), "model"),
    **dict.fromkeys(("Callback", "Lambda", "Lineage", "CleanUp", "Cleanup"), "other"),
    "Fail": "fail",
}
_KIND_NAMES: Mapping[Role, str] = {
    "job": "job",
    "condition": "condition or loop",
    "model": "model or endpoint",
    "other": "other",
    "fail": "ends the execution",
}
_STATUS_ROLES: Mapping[str, Role] = {
    "Succeeded": "succeeded", "Failed": "fail", "Executing": "running", "Starting": "running",
    "Stopping": "stopped", "Stopped": "stopped", NOT_RUN: "idle",
}  # fmt: skip
_STATUS_NAMES = {"Executing": "running", "Starting": "starting", NOT_RUN: "not run"}


@dataclass(frozen=True, kw_only=True)
class _Card:
    """A step's box: its lines of text and its size."""

    step: Step
    role: Role
    lines: list[tuple[str, float, bool]]
    width: float
    height: float
    is_idle: bool


def pipeline_scene(graph: PipelineGraph, execution: Execution | None = None) -> Scene:
    """Composes the drawing.

    Args:
        graph: The pipeline.
        execution: Execution whose state to show. Default: ``None``, the pipeline alone.
    """
    cards = {step.name: _card(step, execution) for step in graph.steps}
    layout = layered_layout(
        {name: (card.width, card.height) for name, card in cards.items()},
        [(edge.source, edge.target) for edge in graph.edges],
    )
    heading = _heading(graph, execution)
    top = _MARGIN + 30 + 18 * (len(heading.items) - 1)
    table, table_size = _parameters(graph)
    # Tall pipelines have room beside them, wide ones below.
    beside = layout.size[1] > layout.size[0]
    place = (_MARGIN + layout.size[0] + _GAP, top) if beside else (_MARGIN, top + layout.size[1] + _GAP)
    edges = [_edge(edge, layout, (_MARGIN, top)) for edge in graph.edges]
    steps = [_drawn(card, layout.centers[name], (_MARGIN, top)) for name, card in cards.items()]
    groups = [heading, *edges, *steps, *(_moved(group, place) for group in table)]
    right = max(_MARGIN + layout.size[0], place[0] + table_size[0] if table else 0.0, _heading_width(heading))
    bottom = max(top + layout.size[1], place[1] + table_size[1] if table else 0.0)
    legend, legend_size = _legend(graph, execution, right - _MARGIN)
    groups += [_moved(group, (_MARGIN, bottom + 24)) for group in legend]
    size = (max(right, _MARGIN + legend_size[0]) + _MARGIN, bottom + 24 + legend_size[1] + _MARGIN)
    return Scene(title=f"Pipeline {graph.name}", size=(round(size[0]), round(size[1])), groups=groups)


def _card(step: Step, execution: Execution | None) -> _Card:
    run = None if execution is None else execution.run(step.name)
    lines = [(line, _NAME, True) for line in wrapped(step.name, _NAME, _WIDEST, bold=True)]
    if step.type != step.name:
        lines.append((step.type, _SMALL, False))
    lines += [(line, _SMALL, False) for line in wrapped(step.detail, _SMALL, _WIDEST, most=3)]
    if run is not None:
        lines.append((run.text, _SMALL, True))
    widest = max(text_width(text, size, bold=bold) for text, size, bold in lines)
    role = _KINDS.get(step.type, "job")
    sides = HEXAGON_EDGE if _is_hexagon(step) else 0.0
    return _Card(
        step=step,
        role=role if run is None else _STATUS_ROLES.get(run.status, "idle"),
        lines=lines,
        width=max(widest, 96.0) + 2 * (_PADDING + sides),
        height=sum(_line_height(size) for _, size, _ in lines) + 2 * 9,
        is_idle=run is not None and run.status == NOT_RUN,
    )


def _is_hexagon(step: Step) -> bool:
    return _KINDS.get(step.type) == "condition"


def _line_height(size: float) -> float:
    return size + 5


def _drawn(card: _Card, center: Point, origin: Point) -> Group:
    x, y = origin[0] + center[0], origin[1] + center[1]
    top = y - card.height / 2
    items: list[Item] = [
        Area(
            left=x - card.width / 2,
            top=top,
            width=card.width,
            height=card.height,
            role=card.role,
            outline="hexagon" if _is_hexagon(card.step) else "box",
            dashed=card.is_idle,
        )
    ]
    baseline = top + 9
    for number, (text, size, bold) in enumerate(card.lines):
        baseline += _line_height(size)
        is_type = text == card.step.type and not bold and number > 0
        items.append(
            Text(x=x, y=baseline - 4, text=text, size=size, bold=bold, centered=True,
                 ink="muted" if is_type else "ink")
        )  # fmt: skip
    about = {"step": card.step.name, "type": card.step.type}
    detail = f": {card.step.detail}" if card.step.detail else ""
    return Group(items=items, title=f"{card.step.name} ({card.step.type}){detail}", about=about)


def _edge(edge: Edge, layout: Layout, origin: Point) -> Group:
    points = [(x + origin[0], y + origin[1]) for x, y in layout.lines[edge.source, edge.target]]
    items: list[Item] = [Line(points=points)]
    if edge.kind != "after":
        # On the curve, past its middle: at their beginning the lines of a condition are one.
        (x1, y1), (x2, y2) = points[1], points[2]
        x, y = x1 * 0.352 + x2 * 0.648, y1 * 0.424 + y2 * 0.576
        width = text_width(edge.kind, _SMALL, bold=True) + 8
        items.append(
            Area(left=x - width / 2, top=y - 9, width=width, height=17, role="page", outline="plain")
        )
        items.append(Text(x=x, y=y + 4, text=edge.kind, size=_SMALL, bold=True, centered=True))
    about = {"source": edge.source, "target": edge.target, "kind": edge.kind}
    return Group(items=items, title=f"{edge.target} waits for {edge.source}", about=about)


def _heading(graph: PipelineGraph, execution: Execution | None) -> Group:
    items = [Text(x=_MARGIN, y=_MARGIN + 14, text=graph.name, size=_TITLE, bold=True)]
    if execution is not None:
        text = f"execution {execution.name}: {execution.status.lower()}"
        items.append(Text(x=_MARGIN, y=_MARGIN + 34, text=text, size=_SMALL, ink="muted"))
    return Group(items=items)


def _heading_width(heading: Group) -> float:
    return max(
        _MARGIN + text_width(item.text, item.size, bold=item.bold)
        for item in heading.items
        if isinstance(item, Text)
    )


def _parameters(graph: PipelineGraph) -> tuple[list[Group], Point]:
    """Draws a row for each parameter, at the origin."""
    if not graph.parameters:
        return [], (0.0, 0.0)
    groups = [Group(items=[Text(x=0, y=13, text="Parameters", size=_NAME, bold=True)])]
    column = max(text_width(parameter.name, _SMALL) for parameter in graph.parameters) + 16
    width, y = text_width("Parameters", _NAME, bold=True), 36.0
    for parameter in graph.parameters:
        value = "must be given" if parameter.value is None else parameter.value
        shown = shortened(value, _SMALL, _VALUE_WIDTH)
        items = [
            Text(x=0, y=y, text=parameter.name, size=_SMALL),
            Text(x=column, y=y, text=shown, size=_SMALL, ink="muted"),
        ]
        title = f"{parameter.name} ({parameter.type}): {value}"
        groups.append(Group(items=items, title=title, about={"parameter": parameter.name}))
        width, y = max(width, column + text_width(shown, _SMALL)), y + 20
    return groups, (width, y - 16)


def _legend(graph: PipelineGraph, execution: Execution | None, room: float) -> tuple[list[Group], Point]:
    """Draws what the colours say, in as many rows as it takes, at the origin."""
    x = y = width = 0.0
    groups = []
    for role, text, is_hexagon, is_idle in _legend_entries(graph, execution):
        length = 26 + text_width(text, _SMALL)
        if x and x + length > room:
            x, y = 0.0, y + 22
        area = Area(
            left=x,
            top=y,
            width=20,
            height=14,
            role=role,
            outline="hexagon" if is_hexagon else "box",
            dashed=is_idle,
        )
        label = Text(x=x + 26, y=y + 11.5, text=text, size=_SMALL, ink="muted")
        groups.append(Group(items=[area, label], about={"legend": text}))
        width, x = max(width, x + length), x + length + 22
    return groups, (width, y + 16)


def _legend_entries(
    graph: PipelineGraph, execution: Execution | None
) -> Iterator[tuple[Role, str, bool, bool]]:
    if execution is not None:
        for status in execution.statuses(graph):
            text = _STATUS_NAMES.get(status, status.lower())
            yield _STATUS_ROLES.get(status, "idle"), text, False, status == NOT_RUN
        return
    used = {_KINDS.get(step.type, "job") for step in graph.steps}
    for role, text in _KIND_NAMES.items():
        if role in used:
            yield role, text, role == "condition", False


def _moved(group: Group, by: Point) -> Group:
    """Returns a group of areas and texts somewhere else."""
    items: list[Item] = []
    for item in group.items:
        if isinstance(item, Area):
            items.append(replace(item, left=item.left + by[0], top=item.top + by[1]))
        elif isinstance(item, Text):
            items.append(replace(item, x=item.x + by[0], y=item.y + by[1]))
    return replace(group, items=items)
