"""Writes a drawing as SVG: one file, without scripts, that follows the reader's light or dark scheme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from cdk_sagemaker_mlops.cli.graph.palette import DARK, LIGHT, Palette
from cdk_sagemaker_mlops.cli.graph.scene import (
    ARROW_LENGTH,
    ARROW_WIDTH,
    Area,
    Item,
    Line,
    Point,
    Scene,
    Text,
)


def svg(scene: Scene) -> str:
    """Returns the SVG of a drawing; the same drawing gives the same text."""
    width, height = map(_number, scene.size)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="{escape(scene.title)}" '
            "font-family=\"'DejaVu Sans', Verdana, Geneva, sans-serif\">"
        ),
        f"<title>{escape(scene.title)}</title>",
        f"<style>{_rules(LIGHT)}",
        f"@media (prefers-color-scheme: dark) {{ {_rules(DARK)} }}</style>",
        f'<rect class="page plain" width="{width}" height="{height}"/>',
    ]
    for group in scene.groups:
        about = "".join(f' data-{name}="{escape(value)}"' for name, value in group.about.items())
        title = f"<title>{escape(group.title)}</title>" if group.title else ""
        items = "".join(text for item in group.items for text in _item(item))
        lines.append(f"<g{about}>{title}{items}</g>")
    return "\n".join([*lines, "</svg>", ""])


def _rules(palette: Palette) -> str:
    areas = (
        f".{role} {{ fill: {fill}; stroke: {palette.strokes[role]} }}" for role, fill in palette.fills.items()
    )
    inks = f".ink {{ fill: {palette.ink} }} .muted {{ fill: {palette.muted} }}"
    return f"{' '.join(areas)} {inks} .plain {{ stroke: none }} .arrow {{ fill: none }}"


def _item(item: Item) -> Iterator[str]:
    if isinstance(item, Area):
        yield _area(item)
    elif isinstance(item, Text):
        anchor = ' text-anchor="middle"' if item.centered else ""
        weight = ' font-weight="bold"' if item.bold else ""
        place = f'x="{_number(item.x)}" y="{_number(item.y)}" font-size="{_number(item.size)}"'
        yield f'<text class="{item.ink}" {place}{weight}{anchor}>{escape(item.text)}</text>'
    else:
        yield f'<path class="line arrow" stroke-width="1.5" d="{_path(item)}"/>'
        yield f'<polygon class="line" points="{_points(arrow_head(item))}"/>'


def _area(area: Area) -> str:
    kind = f"{area.role} plain" if area.outline == "plain" else area.role
    style = ' stroke-width="1.5"' + (' stroke-dasharray="5 4"' if area.dashed else "")
    if area.outline == "hexagon":
        return f'<polygon class="{kind}" points="{_points(area.corners)}"{style} stroke-linejoin="round"/>'
    box = (
        f'x="{_number(area.left)}" y="{_number(area.top)}" width="{_number(area.width)}" '
        f'height="{_number(area.height)}"'
    )
    return f'<rect class="{kind}" {box} rx="{_number(min(8.0, area.height / 4))}"{style}/>'


def _path(line: Line) -> str:
    (x, y), *rest = line.points
    parts = [f"M{_number(x)} {_number(y)}"]
    for number, (next_x, next_y) in enumerate(rest):
        # The tip is the arrow head's.
        end = next_y - ARROW_LENGTH / 2 if number == len(rest) - 1 else next_y
        if number % 2 == 0:
            parts.append(f"V{_number(end)}")
        else:
            middle = _number((y + next_y) / 2)
            parts.append(
                f"C{_number(x)} {middle} {_number(next_x)} {middle} {_number(next_x)} {_number(end)}"
            )
        x, y = next_x, next_y
    return "".join(parts)


def arrow_head(line: Line) -> Sequence[Point]:
    """Returns the corners of the tip of an arrow."""
    x, y = line.points[-1]
    return ((x, y), (x - ARROW_WIDTH / 2, y - ARROW_LENGTH), (x + ARROW_WIDTH / 2, y - ARROW_LENGTH))


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
