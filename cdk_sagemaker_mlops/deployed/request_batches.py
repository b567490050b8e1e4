"""Splits a file of rows into requests that an endpoint takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.errors import Problem, ValidationError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
SUFFIXES = {".csv": CSV, ".json": JSON, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES}
"""Content type of each suffix that says one."""

# A serverless endpoint takes 4 MB a request, a real-time one more.
# https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
_MOST_BYTES = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One request.

    Args:
        body: Its bytes.
        rows: How many rows are in it.
    """

    body: bytes
    rows: int


def guess_content_type(name: str, start: bytes) -> str | None:
    """Says what a file holds.

    Args:
        name: The file's name, or ``-``.
        start: Its first bytes, a few lines of them.

    Returns:
        The content type; ``None`` when neither tells.
    """
    by_name = SUFFIXES.get(Path(name).suffix.lower())
    if by_name is not None:
        return by_name
    text = start.decode("utf-8", "replace").lstrip()
    first_line, _, more = text.partition("\n")
    if not text.startswith(("{", "[")):
        return CSV if "," in first_line or _is_number(first_line.strip()) else None
    try:
        json.loads(first_line)
    except ValueError:
        return JSON
    return JSON_LINES if more.strip() else JSON


def split(content: Iterable[bytes], *, content_type: str, rows: int, header: bool | None) -> Iterator[Batch]:
    """Makes requests of a file's content.

    CSV and JSON lines are split by rows, JSON by the elements of its list, or of the list in ``instances``.
    Any other content is one request.

    Args:
        content: The file's lines, with their ends.
        content_type: What it is.
        rows: Most rows of a request, 1 or more.
        header: Whether the first row of CSV is a header, which then goes in front of each request.
            ``None`` for yes if none of its fields is a number, and one of the next row's is.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == CSV:
        return _csv(_whole_rows(content), rows=rows, header=header)
    if kind in {JSON_LINES, "application/x-ndjson"}:
        return _packed((line for line in content if line.strip()), rows=rows, head=b"")
    body = b"".join(content)
    return _json(body, rows=rows) if kind == JSON else iter([Batch(body=body, rows=1)])


def _whole_rows(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Joins lines that a quoted field runs across."""
    row = b""
    for line in lines:
        row += line
        if row.count(b'"') % 2 == 0:
            if row.strip():
                yield row
            row = b""
    if row.strip():
        yield row


def _csv(rows_of_file: Iterator[bytes], *, rows: int, header: bool | None) -> Iterator[Batch]:
    first = next(rows_of_file, None)
    second = next(rows_of_file, None)
    start = [row for row in (first, second) if row is not None]
    named = _has_header(start) if header is None else header and bool(start)
    head = start.pop(0) if named else b""

    def rest() -> Iterator[bytes]:
        yield from start
        yield from rows_of_file

    return _packed(rest(), rows=rows, head=head)


def _has_header(start: list[bytes]) -> bool:
    if len(start) < 2:
        return False
    first, second = ([field.strip(b' "') for field in row.strip().split(b",")] for row in start)
    return not any(map(_is_number, first)) and any(map(_is_number, second))


def _is_number(text: bytes | str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _packed(lines: Iterable[bytes], *, rows: int, head: bytes) -> Iterator[Batch]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        ended = line if line.endswith(b"\n") else line + b"\n"
        if held and (len(held) == rows or size + len(ended) > _MOST_BYTES):
            yield Batch(body=head + b"".join(held), rows=len(held))
            held, size = [], 0
        held.append(ended)
        size += len(ended)
    if held:
        yield Batch(body=head + b"".join(held), rows=len(held))


def _json(body: bytes, *, rows: int) -> Iterator[Batch]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ValidationError(
            Problem(
                code="InvalidJson",
                parameter="FILE",
                rule=f"be JSON ({error})",
                value=body[:60].decode("utf-8", "replace"),
                fix="correct it, or say what it is with --content-type",
            )
        ) from error
    instances = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(instances, list) or len(instances) <= rows:
        yield Batch(body=body, rows=len(instances) if isinstance(instances, list) else 1)
        return
    for start in range(0, len(instances), rows):
        part: Any = instances[start : start + rows]
        whole = {**document, "instances": part} if isinstance(document, dict) else part
        yield Batch(body=json.dumps(whole).encode(), rows=len(part))
