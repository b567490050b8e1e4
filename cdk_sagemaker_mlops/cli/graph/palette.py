"""The colours of a drawing, in light and in dark: text has a contrast of at least 4.5 to its ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "page", "job", "condition", "model", "other", "fail", "succeeded", "running", "stopped", "idle", "line"
]
INKS = ("ink", "muted")


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours by what they stand for.

    Args:
        ink: Of text.
        muted: Of text that says less.
        fills: What areas are filled with.
        strokes: Their outlines, and lines.
    """

    ink: str
    muted: str
    fills: Mapping[Role, str]
    strokes: Mapping[Role, str]


LIGHT = Palette(
    ink="#1b2027",
    muted="#535c68",
    fills={
        "page": "#ffffff", "job": "#e8f1fb", "condition": "#fdf3d8", "model": "#e3f5ea", "other": "#f1ecfb",
        "fail": "#fdeae6", "succeeded": "#e3f5ea", "running": "#e8f1fb", "stopped": "#fdf3d8",
        "idle": "#f5f6f8", "line": "#5b6470",
    },
    strokes={
        "page": "#d9dde3", "job": "#0b5cad", "condition": "#8a6100", "model": "#0a6b3d", "other": "#6b46c1",
        "fail": "#a8321a", "succeeded": "#0a6b3d", "running": "#0b5cad", "stopped": "#8a6100",
        "idle": "#8b94a1", "line": "#5b6470",
    },
)  # fmt: skip
DARK = Palette(
    ink="#e8ebf0",
    muted="#a9b2be",
    fills={
        "page": "#14171c", "job": "#17293d", "condition": "#332a12", "model": "#14301f", "other": "#2a2140",
        "fail": "#3a1d18", "succeeded": "#14301f", "running": "#17293d", "stopped": "#332a12",
        "idle": "#1d2128", "line": "#a3acb9",
    },
    strokes={
        "page": "#343a44", "job": "#74b4ff", "condition": "#e8c04a", "model": "#5fd39a", "other": "#c4a7ff",
        "fail": "#ff9b80", "succeeded": "#5fd39a", "running": "#74b4ff", "stopped": "#e8c04a",
        "idle": "#79828f", "line": "#a3acb9",
    },
)  # fmt: skip
