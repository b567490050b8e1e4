"""The pictures: what is on them, and that it can be read."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cdk_sagemaker_mlops.cli.graph import palette
from cdk_sagemaker_mlops.cli.graph.drawing import pipeline_scene
from cdk_sagemaker_mlops.cli.graph.mermaid import mermaid
from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph
from cdk_sagemaker_mlops.cli.graph.png import png
from cdk_sagemaker_mlops.cli.graph.scene import Area, Scene, Text
from cdk_sagemaker_mlops.cli.graph.states import Execution, StepRun, duration_text
from cdk_sagemaker_mlops.cli.graph.svg import svg
from cdk_sagemaker_mlops.cli.graph.text_width import shortened, text_width, wrapped
from cdk_sagemaker_mlops.cli.graph.tree import tree
from cdk_sagemaker_mlops.errors import OperationError

SVG = "{http://www.w3.org/2000/svg}"
LONG = "TrainWithAVeryLongNameThatGoesOnAndOnUntilTheLimitOf64Characters"


@pytest.fixture
def execution() -> Execution:
    return Execution(
        arn="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn/execution/abc123def456",
        status="Executing",
        runs={
            "Train": StepRun(status="Succeeded", seconds=187.2),
            "Gate": StepRun(status="Succeeded", seconds=0.4, cached=True),
            "Register": StepRun(status="Executing"),
        },
    )


def texts(scene: Scene) -> list[str]:
    return [item.text for group in scene.groups for item in group.items if isinstance(item, Text)]


def boxes(scene: Scene) -> dict[str, Area]:
    return {
        group.about["step"]: area
        for group in scene.groups
        if "step" in group.about
        for area in group.items
        if isinstance(area, Area)
    }


def test_shows_steps_conditions_branches_and_parameters(gated: PipelineGraph) -> None:
    found = texts(pipeline_scene(gated))

    assert found[0] == "churn"
    for text in (
        "Train",
        "Training",
        "ml.m5.large",
        "auc > Least (0.9)",
        "yes",
        "no",
        "Least",
        "0.9",
        "must be given",
    ):
        assert text in found
    assert found.count("Fail") == 1  # its type says nothing more
    assert [text for text in found if text in ("job", "condition or loop", "model or endpoint", "other")] == [
        "job",
        "condition or loop",
        "model or endpoint",
    ]


def test_shows_what_an_execution_has_done(gated: PipelineGraph, execution: Execution) -> None:
    scene = pipeline_scene(gated, execution)
    found = texts(scene)

    assert "execution abc123def456: executing" in found
    for text in ("✓ succeeded, 3 min 7 s", "✓ succeeded, cached", "▶ running", "· not run"):
        assert text in found
    assert {name: (box.role, box.dashed) for name, box in boxes(scene).items()} == {
        "Train": ("succeeded", False),
        "Gate": ("succeeded", False),
        "Register": ("running", False),
        "Fail": ("idle", True),
    }
    assert found[-3:] == ["succeeded", "running", "not run"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (3599, "59 min 59 s"), (11_520, "3 h 12 min")]
)  # fmt: skip
def test_durations_in_words(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_state_that_is_new_to_us_is_shown_as_it_is_called(gated: PipelineGraph) -> None:
    execution = Execution(arn="a/b", status="Executing", runs={"Train": StepRun(status="Retrying")})

    assert "? retrying" in texts(pipeline_scene(gated, execution))
    assert execution.statuses(gated) == ["NotRun", "Retrying"]


@pytest.mark.parametrize("shape", ["tall", "wide"])
def test_nothing_overlaps_and_everything_is_on_the_picture(
    graph: Callable[..., PipelineGraph], shape: str
) -> None:
    names = [f"{LONG[:58]}-{number}" for number in range(9)]
    before = {name: ([names[at - 1]] if at and shape == "tall" else []) for at, name in enumerate(names)}
    steps = [{"Name": name, "Type": "Lambda", "DependsOn": before[name]} for name in names]
    parameters = [{"Name": f"P{number}", "Type": "String", "DefaultValue": "x" * 300} for number in range(9)]
    scene = pipeline_scene(graph(*steps, parameters=parameters))

    areas = [
        (left, top, left + width, top + height)
        for left, top, width, height in [(a.left, a.top, a.width, a.height) for a in boxes(scene).values()]
    ]
    rows = [
        (item.x, item.y - item.size, item.x + text_width(item.text, item.size, bold=item.bold), item.y)
        for group in scene.groups
        if "step" not in group.about
        for item in group.items
        if isinstance(item, Text)
    ]
    for (l1, t1, r1, b1), (l2, t2, r2, b2) in combinations([*areas, *rows], 2):
        assert r1 <= l2 or r2 <= l1 or b1 <= t2 or b2 <= t1
    for left, top, right, bottom in [*areas, *rows]:
        assert left >= 0
        assert top >= 0
        assert right <= scene.size[0]
        assert bottom <= scene.size[1]


def test_text_stays_inside_of_its_box(gated: PipelineGraph, execution: Execution) -> None:
    for group in pipeline_scene(gated, execution).groups:
        if "step" not in group.about:
            continue
        (area,) = (item for item in group.items if isinstance(item, Area))
        for text in (item for item in group.items if isinstance(item, Text)):
            assert text_width(text.text, text.size, bold=text.bold) <= area.width - 20
            assert area.top + text.size * 0.8 < text.y < area.top + area.height - 4


def test_svg_is_xml_that_names_steps_and_edges(gated: PipelineGraph) -> None:
    root = ElementTree.fromstring(svg(pipeline_scene(gated)))
    groups = [group.attrib for group in root.iter(f"{SVG}g")]

    assert [group["data-step"] for group in groups if "data-step" in group] == [
        "Train",
        "Gate",
        "Register",
        "Fail",
    ]
    assert [(g["data-source"], g["data-kind"], g["data-target"]) for g in groups if "data-kind" in g] == [
        ("Train", "after", "Gate"),
        ("Gate", "yes", "Register"),
        ("Gate", "no", "Fail"),
    ]
    assert root.find(f"{SVG}title").text == "Pipeline churn"  # type: ignore[union-attr]
    assert not [
        element for element in root.iter() if element.tag.endswith(("script", "image", "foreignObject"))
    ]


def test_names_are_escaped_in_svg_and_mermaid(graph: Callable[..., PipelineGraph]) -> None:
    name = '<script>alert("&")</script>'
    found = graph({"Name": name, "Type": "Lambda"}, parameters=[{"Name": name, "Type": "String"}])
    drawn = svg(pipeline_scene(found))

    assert "<script" not in drawn
    assert [group.get("data-step") for group in ElementTree.fromstring(drawn).iter(f"{SVG}g")][1] == name
    assert "<script" not in mermaid(found)
    assert '"&' not in mermaid(found)


def test_png_is_one_that_can_be_opened(gated: PipelineGraph, execution: Execution) -> None:
    from PIL import Image

    scene = pipeline_scene(gated, execution)
    picture = png(scene)
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        assert image.size == (2 * scene.size[0], 2 * scene.size[1])
        colors = {color for _, color in image.convert("RGB").getcolors(1_000_000)}
    for role in ("succeeded", "running", "idle"):
        fill = palette.LIGHT.fills[role]
        assert tuple(int(fill[at : at + 2], 16) for at in (1, 3, 5)) in colors
    assert len(picture) < 150_000


def test_png_of_names_that_the_font_lacks_and_that_look_like_formulas(
    graph: Callable[..., PipelineGraph],
) -> None:
    parameters = [{"Name": "$x_$", "Type": "String", "DefaultValue": "日本語"}]

    assert png(pipeline_scene(graph({"Name": "A", "Type": "Lambda"}, parameters=parameters))).startswith(
        b"\x89PNG"
    )


def test_fails_naming_the_extra_when_matplotlib_is_missing(
    gated: PipelineGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        OperationError, match=r"^MatplotlibMissing: .*; install 'cdk-sagemaker-mlops\[graph\]'"
    ):
        png(pipeline_scene(gated))


def test_fails_when_a_png_would_be_too_large() -> None:
    with pytest.raises(OperationError, match=r"^PictureTooLarge: .* got \(80000, 200\); use --svg"):
        png(Scene(title="", size=(40_000, 100), groups=[]))


def test_mermaid(gated: PipelineGraph, execution: Execution) -> None:
    assert mermaid(gated) == (
        "flowchart TD\n"
        '    s0["Train<br/>Training<br/>ml.m5.large"]\n'
        '    s1{{"Gate<br/>Condition<br/>auc #62; Least (0.9)"}}\n'
        '    s2["Register<br/>RegisterModel<br/>churn"]\n'
        '    s3["Fail<br/>Fail"]\n'
        "    s0 --> s1\n"
        "    s1 -- yes --> s2\n"
        "    s1 -- no --> s3\n"
        '    parameters["Parameters<br/>Least = 0.9<br/>Data = must be given"]\n'
    )
    assert mermaid(gated, execution).splitlines()[-2:] == [
        "    classDef NotRun fill:#f5f6f8,stroke:#8b94a1,color:#1b2027",
        "    class s3 NotRun",
    ]


def test_tree(gated: PipelineGraph, execution: Execution) -> None:
    assert tree(gated) == (
        "churn\n"
        "\n"
        "Train               Training  ml.m5.large\n"
        "Gate                Condition  auc > Least (0.9)  after Train\n"
        "  ├─ yes: Register  RegisterModel  churn\n"
        "  └─ no: Fail       Fail\n"
        "\n"
        "Parameters\n"
        "  Least  0.9\n"
        "  Data   must be given"
    )
    assert tree(gated, execution).splitlines()[1:4] == [
        "execution abc123def456: executing",
        "",
        "Train               ✓ succeeded, 3 min 7 s    Training  ml.m5.large",
    ]


def test_long_names_are_broken_where_they_are_best_broken() -> None:
    assert wrapped("prepare-validation-set", 14, 90) == ["prepare-", "validation-", "set"]
    assert wrapped("TrainTheModel", 14, 70) == ["TrainThe", "Model"]
    assert wrapped("a" * 30, 10, 62) == ["a" * 10] * 3
    assert wrapped("one two three four five", 10, 50, most=2) == ["one two", "three fo…"]
    assert wrapped("", 10, 50) == []


def test_shortened_text_fits() -> None:
    assert shortened("abc", 10, 100) == "abc"
    short = shortened("s3://bucket/" + "x" * 200, 12, 260)
    assert short.endswith("x…")
    assert text_width(short, 12) <= 260


def test_widths_are_those_of_the_font_that_draws() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for bold in (False, True):
        font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
        drawn = TextPath((0, 0), "MetricThreshold (0.9)", size=100, prop=font).get_extents().width
        assert text_width("MetricThreshold (0.9)", 100, bold=bold) == pytest.approx(drawn, rel=0.02)


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_colours_are_readable(colors: palette.Palette) -> None:
    for role, fill in colors.fills.items():
        if role != "line":
            assert contrast(colors.ink, fill) >= 7, role
            assert contrast(colors.muted, fill) >= 4.5, role
    for role, stroke in colors.strokes.items():
        if role != "page":
            assert contrast(stroke, colors.fills["page"]) >= 3, role


def test_the_same_pipeline_gives_the_same_picture(gated: PipelineGraph, tmp_path: Path) -> None:
    drawn: list[Any] = [(svg(pipeline_scene(gated)), png(pipeline_scene(gated))) for _ in range(2)]

    assert drawn[0] == drawn[1]
