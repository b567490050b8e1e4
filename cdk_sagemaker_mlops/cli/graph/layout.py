"""Places boxes of any size in layers, so that every line leads down and crosses no box.

The method is Sugiyama's: the longest path says a box's layer, lines over several layers get a place of their
own in each, layers are ordered for few crossings, and places are chosen for straight lines. Pipelines have
tens of steps: plain loops are fast enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 12
_PLACING_SWEEPS = 40
_PASS_WIDTH = 14.0
"""Room that a line needs between boxes."""

Point = tuple[float, float]
Node = str | tuple[str, str, int]
"""A box's name, or the place where the line from one box to another passes a layer."""


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """Room between things.

    Args:
        across: Between neighbours in a layer.
        down: Between layers.
    """

    across: float = 28.0
    down: float = 48.0


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where everything is; the origin is at the upper left.

    Args:
        centers: Centre of each box.
        lines: For each line the points it passes, from the lower edge of one box to the upper edge of the
            other; it is vertical at each. From the second on, every other stretch is straight down, within a
            layer.
        size: Width and height of the whole.
    """

    centers: Mapping[str, Point]
    lines: Mapping[tuple[str, str], Sequence[Point]]
    size: Point


def layered_layout(
    sizes: Mapping[str, Point], lines: Sequence[tuple[str, str]], spacing: Spacing | None = None
) -> Layout:
    """Places boxes.

    Args:
        sizes: Width and height of each box by name, each after those that lead to it.
        lines: Pairs of names, from one box to another; without circles.
        spacing: Room between things. Default: ``Spacing()``.
    """
    room = Spacing() if spacing is None else spacing
    layers, paths = _layers(sizes, lines)
    _order(layers, paths)
    widths = {
        node: sizes[node][0] if isinstance(node, str) else _PASS_WIDTH for layer in layers for node in layer
    }
    across = _places(layers, paths, widths, room.across)
    left = min((across[node] - widths[node] / 2 for node in across), default=0.0)
    right = max((across[node] + widths[node] / 2 for node in across), default=0.0)
    tops, height = _tops(layers, sizes, room.down)
    centers = {
        node: (across[node] - left, (top + bottom) / 2)
        for layer, (top, bottom) in zip(layers, tops, strict=True)
        for node in layer
    }
    return Layout(
        centers={name: centers[name] for name in sizes},
        lines={
            (path[0], path[-1]): _points(path, centers, tops, layers, sizes)
            for path in paths
            if isinstance(path[0], str) and isinstance(path[-1], str)
        },
        size=(right - left, height),
    )


def _layers(
    sizes: Mapping[str, Point], lines: Sequence[tuple[str, str]]
) -> tuple[list[list[Node]], list[list[Node]]]:
    """Returns the nodes of each layer, and each line as the nodes it passes, one a layer."""
    rank = dict.fromkeys(sizes, 0)
    for name in sizes:  # in an order in which all that lead to a box come first
        for source, target in lines:
            if target == name:
                rank[name] = max(rank[name], rank[source] + 1)
    layers: list[list[Node]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in sizes:
        layers[rank[name]].append(name)
    paths: list[list[Node]] = []
    for source, target in lines:
        passed: list[Node] = [(source, target, at) for at in range(rank[source] + 1, rank[target])]
        for at, node in enumerate(passed, start=rank[source] + 1):
            layers[at].append(node)
        paths.append([source, *passed, target])
    return layers, paths


def _neighbours(paths: Sequence[Sequence[Node]]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    above: dict[Node, list[Node]] = {}
    below: dict[Node, list[Node]] = {}
    for path in paths:
        for upper, lower in itertools.pairwise(path):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    return above, below


def _order(layers: list[list[Node]], paths: Sequence[Sequence[Node]]) -> None:
    """Orders each layer for few crossings, in place."""
    above, below = _neighbours(paths)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        beside = above if down else below
        for number in range(1, len(layers)) if down else range(len(layers) - 2, -1, -1):
            other = layers[number - 1 if down else number + 1]
            place = {node: at for at, node in enumerate(other)}
            own = {node: at for at, node in enumerate(layers[number])}
            weight = {
                node: _mean([place[each] for each in beside.get(node, ()) if each in place], own[node])
                for node in layers[number]
            }
            layers[number].sort(key=weight.__getitem__)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    for layer, found in zip(layers, best, strict=True):
        layer[:] = found


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(layers: Sequence[Sequence[Node]], below: Mapping[Node, Sequence[Node]]) -> int:
    count = 0
    for upper, lower in itertools.pairwise(layers):
        place = {node: at for at, node in enumerate(lower)}
        ends = [place[end] for node in upper for end in sorted(below.get(node, ()), key=place.__getitem__)]
        count += sum(left > right for at, left in enumerate(ends) for right in ends[at + 1 :])
    return count


def _places(
    layers: Sequence[Sequence[Node]],
    paths: Sequence[Sequence[Node]],
    widths: Mapping[Node, float],
    room: float,
) -> dict[Node, float]:
    """Chooses where each node's centre is: near its neighbours, in its layer's order, with room between."""
    above, below = _neighbours(paths)
    places: dict[Node, float] = {}
    for layer in layers:
        places |= zip(layer, _spread([0.0] * len(layer), [widths[node] for node in layer], room), strict=True)
    for sweep in range(_PLACING_SWEEPS):
        # The last sweeps look both ways, so that a box stands in the middle of what leads to it and from it.
        beside = [above, below][sweep % 2 : sweep % 2 + 1] if sweep < _PLACING_SWEEPS // 2 else [above, below]
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_wanted(node, places, beside) for node in layer]
            placed = _spread(wanted, [widths[node] for node in layer], room)
            places |= zip(layer, placed, strict=True)
    return places


def _wanted(
    node: Node, places: Mapping[Node, float], beside: Iterable[Mapping[Node, Sequence[Node]]]
) -> float:
    means = [
        _mean([places[each] for each in neighbours[node]], 0.0) for neighbours in beside if node in neighbours
    ]
    return _mean(means, places[node])


def _spread(wanted: Sequence[float], widths: Sequence[float], room: float) -> list[float]:
    """Returns the places nearest to ``wanted``, by least squares, that keep order and distance."""
    offsets = [0.0]
    for left, right in itertools.pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + room)
    # Without the distances it is a regression that may not fall: neighbours that would are pooled.
    pools: list[tuple[float, int]] = []
    for value in (place - offset for place, offset in zip(wanted, offsets, strict=False)):
        mean, count = value, 1
        while pools and pools[-1][0] > mean:
            before, members = pools.pop()
            mean, count = (before * members + mean * count) / (members + count), members + count
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(flat, offsets, strict=False)]


def _tops(
    layers: Sequence[Sequence[Node]], sizes: Mapping[str, Point], room: float
) -> tuple[list[Point], float]:
    """Returns where each layer begins and ends, and the height of all."""
    tops: list[Point] = []
    top = 0.0
    for layer in layers:
        bottom = top + max((sizes[node][1] for node in layer if isinstance(node, str)), default=0.0)
        tops.append((top, bottom))
        top = bottom + room
    return tops, max(top - room, 0.0)


def _points(
    path: Sequence[Node],
    centers: Mapping[Node, Point],
    tops: Sequence[Point],
    layers: Sequence[Sequence[Node]],
    sizes: Mapping[str, Point],
) -> list[Point]:
    """A line leaves its layer straight down before it turns, so that it passes no neighbour."""
    layer_of = {node: number for number, layer in enumerate(layers) for node in layer}
    points: list[Point] = []
    for node in path:
        x, y = centers[node]
        top, bottom = tops[layer_of[node]]
        half = sizes[node][1] / 2 if isinstance(node, str) else 0.0
        if node != path[0]:
            points += [(x, top), (x, y - half)] if isinstance(node, str) else [(x, top)]
        if node != path[-1]:
            points += [(x, y + half), (x, bottom)] if isinstance(node, str) else [(x, bottom)]
    return points
