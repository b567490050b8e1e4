"""Boxes never overlap, and lines lead down and cross no box."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_sagemaker_mlops.cli.graph.layout import Layout, layered_layout

Point = tuple[float, float]


@st.composite
def drawings(draw: st.DrawFn) -> tuple[dict[str, Point], list[tuple[str, str]]]:
    count = draw(st.integers(1, 14))
    size = st.tuples(st.integers(40, 260), st.integers(20, 120))
    sizes = {f"s{number}": draw(size) for number in range(count)}
    pairs = list(combinations(sizes, 2))
    lines = draw(st.lists(st.sampled_from(pairs), max_size=30, unique=True)) if pairs else []
    return sizes, lines


def curve(start: Point, end: Point) -> list[Point]:
    """Points of the curve that joins two vertical stretches."""
    middle = (start[1] + end[1]) / 2
    points = []
    for number in range(21):
        at = number / 20
        weights = ((1 - at) ** 3, 3 * (1 - at) ** 2 * at, 3 * (1 - at) * at**2, at**3)
        corners = (start, (start[0], middle), (end[0], middle), end)
        points.append(
            (
                sum(weight * x for weight, (x, _) in zip(weights, corners, strict=True)),
                sum(weight * y for weight, (_, y) in zip(weights, corners, strict=True)),
            )
        )
    return points


def inside(point: Point, center: Point, size: Point) -> bool:
    return all(abs(point[at] - center[at]) < size[at] / 2 - 1e-6 for at in (0, 1))


def check(layout: Layout, sizes: dict[str, Point], lines: list[tuple[str, str]]) -> None:
    width, height = layout.size
    for one, other in combinations(sizes, 2):
        (x1, y1), (x2, y2) = layout.centers[one], layout.centers[other]
        apart_across = abs(x1 - x2) >= (sizes[one][0] + sizes[other][0]) / 2 + 20
        apart_down = abs(y1 - y2) >= (sizes[one][1] + sizes[other][1]) / 2
        assert apart_across or apart_down, (one, other)
    for name, (x, y) in layout.centers.items():
        assert sizes[name][0] / 2 <= x + 1e-6
        assert x + sizes[name][0] / 2 <= width + 1e-6
        assert sizes[name][1] / 2 <= y + 1e-6
        assert y + sizes[name][1] / 2 <= height + 1e-6
    assert set(layout.lines) == set(lines)
    for (source, target), points in layout.lines.items():
        assert len(points) % 2 == 0
        assert points[0] == (layout.centers[source][0], layout.centers[source][1] + sizes[source][1] / 2)
        assert points[-1] == (layout.centers[target][0], layout.centers[target][1] - sizes[target][1] / 2)
        assert all(below[1] >= above[1] for above, below in pairwise(points))
        assert all(points[at][0] == points[at + 1][0] for at in range(0, len(points), 2))
        drawn = [*points, *(each for start, end in pairwise(points) for each in curve(start, end))]
        for name, center in layout.centers.items():
            assert not any(inside(point, center, sizes[name]) for point in drawn), (source, target, name)


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_boxes_do_not_overlap_and_lines_cross_no_box(
    drawing: tuple[dict[str, Point], list[tuple[str, str]]],
) -> None:
    sizes, lines = drawing
    check(layered_layout(sizes, lines), sizes, lines)


def test_a_chain_is_straight() -> None:
    sizes = {"a": (100.0, 40.0), "b": (200.0, 60.0), "c": (80.0, 40.0)}
    layout = layered_layout(sizes, [("a", "b"), ("b", "c")])

    assert {x for x, _ in layout.centers.values()} == {100.0}
    assert layout.size == (200.0, 40 + 48 + 60 + 48 + 40)


def test_branches_stand_in_the_order_in_which_they_are_given() -> None:
    names = ["gate", "left", "middle", "right"]
    layout = layered_layout(dict.fromkeys(names, (100.0, 40.0)), [("gate", name) for name in names[1:]])
    places = [layout.centers[name][0] for name in names[1:]]

    assert places == sorted(places)
    assert layout.centers["gate"][0] == places[1]


def test_lines_that_can_be_untangled_do_not_cross() -> None:
    sizes = dict.fromkeys(["a", "b", "c", "d", "e", "f"], (100.0, 40.0))
    layout = layered_layout(sizes, [("a", "f"), ("b", "e"), ("c", "d")])
    above = sorted("abc", key=lambda name: layout.centers[name][0])
    below = sorted("def", key=lambda name: layout.centers[name][0])

    assert [dict(zip("abc", "fed", strict=True))[name] for name in above] == below


def test_of_nothing_there_is_nothing_to_place() -> None:
    assert layered_layout({}, []).size == (0.0, 0.0)


def test_a_hundred_steps_are_placed_soon() -> None:
    sizes = {f"s{number}": (120.0, 50.0) for number in range(100)}
    lines = [(f"s{number // 3}", f"s{number}") for number in range(1, 100) if number // 3 != number]
    check(layered_layout(sizes, lines), sizes, lines)
