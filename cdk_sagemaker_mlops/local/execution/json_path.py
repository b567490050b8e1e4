"""Paths into JSON documents, as SageMaker Pipelines writes them.

``a.b[0]['a name with spaces']`` with an optional leading ``$``: what ``Std:JsonGet`` takes, and what
follows the step's name in ``Steps.Train.ModelArtifacts.S3ModelArtifacts``.
"""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(
    r"""\.?(?P<field>[^.\[\]'"]+) | \[(?P<index>\d+)\] | \['(?P<single>[^']*)'\] | \["(?P<double>[^"]*)"\]""",
    re.VERBOSE,
)

# How SageMaker's lists name their items: Outputs['evaluation'] is the item whose OutputName is that.
_NAME_FIELDS = ("OutputName", "InputName", "ChannelName", "Name", "VariantName", "MetricName")


class PathError(ValueError):
    """A path cannot be read, or leads nowhere."""


def parse(path: str) -> list[str | int]:
    """Splits a path into field names and list positions.

    Raises:
        PathError: ``path`` is not of this notation.
    """
    parts: list[str | int] = []
    position = 1 if path.startswith("$") else 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None:
            raise PathError(f"{path!r} cannot be read from {path[position:]!r} on; write a.b[0]['c']")
        kind = str(match.lastgroup)
        parts.append(int(match[kind]) if kind == "index" else match[kind])
        position = match.end()
    return parts


def follow(document: Any, path: str) -> Any:
    """Returns what ``path`` leads to inside ``document``.

    Raises:
        PathError: The path is not of this notation, or leads nowhere; the text says where it ends and what
            is there.
    """
    current = document
    for part in parse(path):
        try:
            current = _step_into(current, part)
        except (KeyError, IndexError, TypeError):
            raise PathError(f"{path!r} leads nowhere: there is no {part!r} in {_describe(current)}") from None
    return current


def _step_into(current: Any, part: str | int) -> Any:
    if isinstance(current, dict):
        return current[part]
    if isinstance(current, list) and isinstance(part, int):
        return current[part]
    if isinstance(current, list):
        return {name: item for item in current for name in _names(item)}[part]
    raise TypeError(part)


def _names(item: Any) -> list[Any]:
    return [item[field] for field in _NAME_FIELDS if field in item] if isinstance(item, dict) else []


def _describe(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, value)) or 'no fields'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value)
