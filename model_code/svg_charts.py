"""Draws charts as SVG text, with nothing but Python.

SageMaker's scikit-learn container has no Matplotlib:
https://github.com/aws/deep-learning-containers/blob/main/docker/sklearn/1.9-0/pyproject.toml

Colours are CSS variables of the page that holds the charts, so that they follow its light and dark scheme.
Series are told apart by dashes and markers too, not by colour alone. The same values give the same bytes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 14, 12, 48
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 5", "12 4", "1 4", "9 3 2 3 2 3")
_MARKERS = ("circle", "square", "diamond", "triangle")
MOST_SERIES = len(_DASHES)
# More points than pixels only make the file large.
_MOST_LINE_POINTS = 400
_MAX = sys.float_info.max

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis.

    Args:
        label: What it shows.
        low: Its smallest value.
        high: Its largest value; more than ``low``.
    """

    label: str
    low: float
    high: float

    @classmethod
    def around(cls, label: str, values: Iterable[float]) -> Axis:
        """Returns the axis that has room for all ``values``, of which there is at least one."""
        found = list(values)
        low, high = min(found), max(found)
        # Values that differ by next to nothing would get labels that differ in their last digits only.
        room = max((high / 2 - low / 2) * 0.1, max(abs(low), abs(high)) * 1e-6)
        if room == 0:
            room = 1.0
        return cls(label=label, low=max(low - room, -_MAX), high=min(high + room, _MAX))

    def place(self, value: float) -> float:
        """Says how far along the axis a value lies, 0 to 1."""
        # Halved first: the difference of two large numbers of different sign is not finite.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def ticks(self, most: int = 6) -> list[float]:
        """Returns the round values to label."""
        step = _round_step((self.high / 2 - self.low / 2) / most * 2)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Points that belong together.

    Args:
        name: What the legend calls them.
        points: Their values on the x axis and the y axis, all finite.
        color: Number of its colour, dash and marker; ``None`` is the grey of what others are compared with.
        line: Whether they are joined. Default: ``True``.
        markers: Whether each is marked. Default: ``False``.
        faint: Whether markers are small and see-through, for clouds of points. Default: ``False``.
    """

    name: str
    points: Sequence[Point]
    color: int | None
    line: bool = True
    markers: bool = False
    faint: bool = False

    @property
    def css(self) -> str:
        """The CSS variable of its colour."""
        return "var(--muted)" if self.color is None else f"var(--series-{self.color % MOST_SERIES})"

    @property
    def dash(self) -> str:
        """Its pattern of dashes."""
        return "4 4" if self.color is None else _DASHES[self.color % MOST_SERIES]

    @property
    def marker(self) -> str:
        """The shape of its markers."""
        return _MARKERS[0 if self.color is None else self.color % len(_MARKERS)]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar that stands on the x axis.

    Args:
        start: Where it begins on the x axis.
        end: Where it ends on the x axis.
        height: How high it is on the y axis.
        title: What is shown when it is pointed at.
    """

    start: float
    end: float
    height: float
    title: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart with two axes.

    Args:
        title: What a screen reader calls it.
        description: What there is to see, for those who cannot.
        x: The horizontal axis.
        y: The vertical axis.
        series: Lines and points, the last drawn on top. Default: none.
        bars: Bars behind them. Default: none.
        reference: Ends of a thin line to compare with. Default: none.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    series: Sequence[Series] = ()
    bars: Sequence[Bar] = ()
    reference: tuple[Point, Point] | None = None

    def svg(self) -> str:
        """Draws it."""
        inside = [*self._grid(), *map(self._bar, self.bars)]
        if self.reference is not None:
            inside.append(_line(*map(self._xy, self.reference), "reference"))
        for series in self.series:
            inside += self._series(series)
        return _svg(self.title, self.description, (WIDTH, HEIGHT), [*inside, *self._labels()])

    def _xy(self, point: Point) -> Point:
        across, up = self.x.place(point[0]), self.y.place(point[1])
        return (
            _LEFT + across * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM),
        )

    def _grid(self) -> Iterable[str]:
        for tick, label in _labelled(self.x.ticks()):
            x, bottom = self._xy((tick, self.y.low))
            yield _line((x, _TOP), (x, bottom), "grid")
            yield _text((x, bottom + 16), label, "tick", "middle")
        for tick, label in _labelled(self.y.ticks()):
            left, y = self._xy((self.x.low, tick))
            yield _line((left, y), (WIDTH - _RIGHT, y), "grid")
            yield _text((left - 6, y + 4), label, "tick", "end")

    def _labels(self) -> Iterable[str]:
        middle_x, middle_y = (_LEFT + WIDTH - _RIGHT) / 2, (_TOP + HEIGHT - _BOTTOM) / 2
        yield _text((middle_x, HEIGHT - 8), self.x.label, "label", "middle")
        yield _text((14, middle_y), self.y.label, "label", "middle", turned=True)

    def _bar(self, bar: Bar) -> str:
        left, top = self._xy((bar.start, max(bar.height, 0)))
        right, bottom = self._xy((bar.end, max(self.y.low, 0)))
        # A gap of a pixel tells neighbours apart.
        shape = _rectangle(left + 0.5, top, max(right - left - 1, 0.5), bottom - top)
        return f'<rect class="bar" {shape}><title>{escape(bar.title)}</title></rect>'

    def _series(self, series: Series) -> Iterable[str]:
        if series.line and len(series.points) > 1:
            corners = " ".join(
                f"{_number(x)},{_number(y)}" for x, y in map(self._xy, _thinned(series.points))
            )
            yield (
                f'<polyline class="line" points="{corners}" stroke="{series.css}"'
                f' stroke-dasharray="{series.dash}"/>'
            )
        if series.markers or len(series.points) == 1:
            kind = "cloud" if series.faint else "marker"
            shapes = (_marker(series.marker, *self._xy(point), series.faint) for point in series.points)
            yield f'<g class="{kind}" fill="{series.css}">{"".join(shapes)}</g>'


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A confusion matrix.

    Args:
        title: What a screen reader calls it.
        description: What there is to see, for those who cannot.
        classes: Names of the classes.
        counts: Rows of each actual class, and in them of each predicted class.
    """

    title: str
    description: str
    classes: Sequence[str]
    counts: Sequence[Sequence[int]]

    def svg(self) -> str:
        """Draws it. The shade of a cell is its share of the actual class's rows."""
        size, side = len(self.classes), self._side
        left, top = self._corner
        end = size * side
        parts = [
            _text((left + end / 2, 12), "predicted", "label", "middle"),
            _text((14, top + end / 2), "actual", "label", "middle", turned=True),
        ]
        for place, name in enumerate(map(_shortened, self.classes)):
            middle = (place + 0.5) * side
            parts.append(_text((left - 6, top + middle + 4), name, "tick", "end"))
            parts.append(self._heading(name, left + middle, top - 6))
            parts += [self._cell(place, column) for column in range(size)]
        return _svg(self.title, self.description, (left + end + 10, top + end + 10), parts)

    @property
    def _side(self) -> float:
        return min(110.0, max(14.0, 340 / len(self.classes)))

    @property
    def _corner(self) -> Point:
        longest = max(len(_shortened(name)) for name in self.classes)
        return 34 + 7 * longest, 40 if self._has_level_headings else 24 + 7 * longest

    @property
    def _has_level_headings(self) -> bool:
        return len(self.classes) <= 6 and all(len(_shortened(name)) * 7 < self._side for name in self.classes)

    def _heading(self, name: str, x: float, y: float) -> str:
        if self._has_level_headings:
            return _text((x, y), name, "tick", "middle")
        return _text((x + 4, y), name, "tick", "start", turned=True)

    def _cell(self, row: int, column: int) -> str:
        side, (left, top) = self._side, self._corner
        x, y = left + column * side, top + row * side
        count, total = self.counts[row][column], sum(self.counts[row])
        share = count / total if total else 0.0
        title = escape(
            f"actual {self.classes[row]}, predicted {self.classes[column]}: "
            f"{count} rows, {share:.1%} of the class"
        )
        # At most so opaque that the number on it stays readable, in light and in dark.
        shade = f'class="{"right" if row == column else "wrong"}" fill-opacity="{_number(share * 0.4)}"'
        parts = [
            f'<g><title>{title}</title><rect class="cell" {_rectangle(x, y, side, side)}/>',
            f"<rect {shade} {_rectangle(x + 1, y + 1, side - 2, side - 2)}/>",
        ]
        middle, has_share = x + side / 2, side >= 48
        if side >= 26:
            parts.append(
                _text((middle, y + side / 2 + (0 if has_share else 4)), str(count), "count", "middle")
            )
        if has_share:
            parts.append(_text((middle, y + side / 2 + 16), f"{share:.1%}", "share", "middle"))
        return "".join([*parts, "</g>"])


def swatch(series: Series) -> str:
    """Draws what stands beside a series' name in a legend."""
    style = f'stroke="{series.css}" stroke-dasharray="{series.dash}"'
    line = f'<line class="line" x1="1" y1="7" x2="29" y2="7" {style}/>'
    mark = f'<g fill="{series.css}">{_marker(series.marker, 15, 7, faint=False)}</g>'
    drawn = (line if series.line else "") + (mark if series.markers else "")
    return f'<svg class="swatch" viewBox="0 0 30 14" width="30" height="14" aria-hidden="true">{drawn}</svg>'


def _round_step(rough: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough * 0.999)


def _labelled(ticks: list[float]) -> list[tuple[float, str]]:
    """Gives ticks the fewest digits that tell them apart."""
    largest = max(map(abs, ticks), default=0.0)
    kind = "f" if 1e-4 < largest < 1e6 else "e"
    for digits in range(17):
        labels = [f"{tick:.{digits}{kind}}" for tick in ticks]
        # The last bits of a tick are rounding errors.
        if all(
            math.isclose(float(label), tick, rel_tol=1e-9, abs_tol=largest * 1e-9)
            for label, tick in zip(labels, ticks, strict=True)
        ):
            break
    return [(tick, _tidy(label)) for tick, label in zip(ticks, labels, strict=True)]


def _tidy(label: str) -> str:
    """Writes 0 without a sign and decimals, and ``1e+06`` as ``1e6``."""
    return "0" if float(label) == 0 else label.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Leaves out points of a long line, never its ends."""
    if len(points) <= _MOST_LINE_POINTS:
        return points
    step = (len(points) - 1) / (_MOST_LINE_POINTS - 1)
    return [points[round(place * step)] for place in range(_MOST_LINE_POINTS)]


def _marker(shape: str, x: float, y: float, faint: bool) -> str:
    size = 2.2 if faint else 4.0
    if shape == "circle":
        return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(size)}"/>'
    if shape == "square":
        return f"<rect {_rectangle(x - size, y - size, 2 * size, 2 * size)}/>"
    corners = [(x, y - size * 1.3), (x + size * 1.2, y + size), (x - size * 1.2, y + size)]
    if shape == "diamond":
        corners = [(x, y - size * 1.3), (x + size * 1.3, y), (x, y + size * 1.3), (x - size * 1.3, y)]
    return f'<polygon points="{" ".join(f"{_number(a)},{_number(b)}" for a, b in corners)}"/>'


def _svg(title: str, description: str, size: Point, parts: Iterable[str]) -> str:
    width, height = map(_number, size)
    label = escape(f"{title}. {description}")
    shape = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg {shape} role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _line(start: Point, end: Point, kind: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line class="{kind}" x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"/>'
    )


def _text(place: Point, text: str, kind: str, anchor: str, *, turned: bool = False) -> str:
    x, y = map(_number, place)
    turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _shortened(name: str, longest: int = 12) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
