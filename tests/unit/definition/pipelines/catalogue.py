"""The table of pipelines: each says which of the SDK's step classes it builds, and how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

CODE = Path(__file__).parent / "code"
OTHER = Path(__file__).parent / "other"

Builder = Callable[[Any], Any]

PIPELINES: dict[str, Builder] = {}
SHOWN: list[tuple[str, str]] = []
"""What the pipelines show: a step class, and how it is used."""


def shows(step: str, how: str) -> Callable[[Builder], Builder]:
    def register(function: Builder) -> Builder:
        PIPELINES[function.__name__] = function
        SHOWN.append((step, how))
        return function

    return register


def table() -> str:
    """Returns the README's table of what is built and tested."""
    rows: dict[str, list[str]] = {}
    for step, how in SHOWN:
        rows.setdefault(step, []).append(how)
    lines = [f"| `{step}` | {'; '.join(rows[step])} |" for step in sorted(rows, key=str.lower)]
    return "\n".join(["| step | built and tested |", "|---|---|", *lines])
