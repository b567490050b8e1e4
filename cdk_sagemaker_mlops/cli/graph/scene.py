"""What a drawing consists of, whatever draws it. Lengths are pixels, the origin is at the upper left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cdk_sagemaker_mlops.cli.graph.palette import Role

Point = tuple[float, float]
Outline = Literal["box", "hexagon", "plain"]
HEXAGON_EDGE = 16.0
"""How far the corners of a hexagon reach out at its sides."""
ARROW_LENGTH, ARROW_WIDTH = 9.0, 8.0


@dataclass(frozen=True, kw_only=True)
class Area:
    """A filled area with an outline.

    Args:
        left: Its left edge.
        top: Its upper edge.
        width: Its width.
        height: Its height.
        role: What its colours stand for.
        outline: Its form; ``plain`` has no outline. Default: ``"box"``.
        dashed: Whether the outline is dashed. Default: ``False``.
    """

    left: float
    top: float
    width: float
    height: float
    role: Role
    outline: Outline = "box"
    dashed: bool = False

    @property
    def corners(self) -> Sequence[Point]:
        """The corners of a hexagon."""
        right, bottom, middle = self.left + self.width, self.top + self.height, self.top + self.height / 2
        edge = min(HEXAGON_EDGE, self.width / 4)
        return (
            (self.left, middle), (self.left + edge, self.top), (right - edge, self.top),
            (right, middle), (right - edge, bottom), (self.left + edge, bottom),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Text:
    """One line of text.

    Args:
        x: Where it begins, or its middle.
        y: Its baseline.
        text: What it says.
        size: Size of the font.
        ink: ``ink`` or ``muted``. Default: ``"ink"``.
        bold: Whether it is bold. Default: ``False``.
        centered: Whether ``x`` is its middle. Default: ``False``.
    """

    x: float
    y: float
    text: str
    size: float
    ink: Literal["ink", "muted"] = "ink"
    bold: bool = False
    centered: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """An arrow: pairs of points are joined straight, and each pair with the next by a curve.

    Args:
        points: An even number of them; the arrow's tip is the last.
    """

    points: Sequence[Point]


Item = Area | Text | Line


@dataclass(frozen=True, kw_only=True)
class Group:
    """Items that belong together.

    Args:
        items: The items, the last drawn on top.
        title: What is shown when they are pointed at; empty for nothing. Default: ``""``.
        about: What they stand for, for programs that read the drawing. Default: empty.
    """

    items: Sequence[Item]
    title: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A drawing.

    Args:
        title: What it is called.
        size: Its width and height.
        groups: What it consists of, the last drawn on top.
    """

    title: str
    size: Point
    groups: Sequence[Group]
