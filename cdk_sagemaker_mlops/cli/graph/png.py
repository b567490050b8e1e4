"""Draws a drawing as PNG, with Matplotlib's own drawing routines and the fonts that it brings."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from cdk_sagemaker_mlops.cli.graph.palette import LIGHT
from cdk_sagemaker_mlops.cli.graph.scene import ARROW_LENGTH, Area, Item, Line, Scene, Text
from cdk_sagemaker_mlops.cli.graph.svg import arrow_head
from cdk_sagemaker_mlops.errors import OperationError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PIXELS_PER_INCH = 100.0
_POINTS_PER_PIXEL = 72 / _PIXELS_PER_INCH
_SHARPNESS = 2
"""Pixels of the picture for one of the drawing, for dense screens."""
_MOST_PIXELS = 2**16 - 1


def png(scene: Scene) -> bytes:
    """Returns the PNG of a drawing.

    Raises:
        OperationError: Matplotlib is not installed, or the drawing is too large for it.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OperationError(
            Problem(
                code="MatplotlibMissing",
                parameter="--png",
                rule="have Matplotlib to draw with",
                value=str(error),
                fix="install 'cdk-sagemaker-mlops[graph]', or use --svg",
            )
        ) from error
    width, height = scene.size
    _check_size(width, height)
    figure = Figure(
        figsize=(width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH), facecolor=LIGHT.fills["page"]
    )
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for group in scene.groups:
        for item in group.items:
            _draw(axes, item)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # A character that the font lacks is drawn as a frame.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure.savefig(
            stream,
            format="png",
            dpi=_PIXELS_PER_INCH * _SHARPNESS,
            metadata={"Software": "cdk-mlops graph"},
            pil_kwargs={"optimize": True},
        )
    return stream.getvalue()


def _check_size(width: float, height: float) -> None:
    if max(width, height) * _SHARPNESS > _MOST_PIXELS:
        raise OperationError(
            Problem(
                code="PictureTooLarge",
                parameter="--png",
                rule=f"have at most {_MOST_PIXELS} pixels in each direction",
                value=(width * _SHARPNESS, height * _SHARPNESS),
                fix="use --svg, which has no limit",
            )
        )


def _draw(axes: Axes, item: Item) -> None:
    if isinstance(item, Text):
        axes.text(
            item.x,
            item.y,
            item.text,
            fontsize=item.size * _POINTS_PER_PIXEL,
            fontweight="bold" if item.bold else "normal",
            fontfamily="DejaVu Sans",
            color=LIGHT.ink if item.ink == "ink" else LIGHT.muted,
            horizontalalignment="center" if item.centered else "left",
            verticalalignment="baseline",
            parse_math=False,
        )
    elif isinstance(item, Area):
        _draw_area(axes, item)
    else:
        _draw_line(axes, item)


def _draw_area(axes: Axes, area: Area) -> None:
    from matplotlib.patches import FancyBboxPatch, Patch, Polygon

    radius = min(8.0, area.height / 4)
    patch: Patch
    if area.outline == "hexagon":
        patch = Polygon(area.corners, joinstyle="round")
    else:
        inner = (area.left + radius, area.top + radius)
        patch = FancyBboxPatch(
            inner, area.width - 2 * radius, area.height - 2 * radius, boxstyle=f"round,pad={radius}"
        )
    patch.set_facecolor(LIGHT.fills[area.role])
    patch.set_edgecolor("none" if area.outline == "plain" else LIGHT.strokes[area.role])
    patch.set_linewidth(1.5 * _POINTS_PER_PIXEL)
    if area.dashed:
        patch.set_linestyle((0, (3.5, 2.5)))
    axes.add_patch(patch)


def _draw_line(axes: Axes, line: Line) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    (x, y), *rest = line.points
    points, codes = [(x, y)], [Path.MOVETO]
    for number, (next_x, next_y) in enumerate(rest):
        end = (next_x, next_y - ARROW_LENGTH / 2 if number == len(rest) - 1 else next_y)
        if number % 2 == 0:
            points.append(end)
            codes.append(Path.LINETO)
        else:
            middle = (y + next_y) / 2
            points += [(x, middle), (next_x, middle), end]
            codes += [Path.CURVE4] * 3
        x, y = next_x, next_y
    color = LIGHT.strokes["line"]
    width = 1.5 * _POINTS_PER_PIXEL
    axes.add_patch(PathPatch(Path(points, codes), facecolor="none", edgecolor=color, linewidth=width))
    axes.add_patch(Polygon(arrow_head(line), facecolor=color, edgecolor="none"))
