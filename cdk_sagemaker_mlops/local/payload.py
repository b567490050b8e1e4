"""The request that a local run sends to the endpoint, and the label it should come back with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import Problem, ValidationError

CONTENT_TYPES = {".csv": "text/csv", ".json": "application/json"}
"""Content type of each suffix that needs no ``--content-type``."""

_DEFAULT_NAMES = ("payload.csv", "payload.json")


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A request body.

    Args:
        file: Where it was read from.
        body: Its bytes.
        content_type: Such as ``text/csv``.
        expected: The true label, as its file words it. Default: ``None``, there is no such file.
    """

    file: Path
    body: bytes
    content_type: str
    expected: str | None = None


def find_payload(
    folder: Path, *, file: Path | None = None, content_type: str | None = None
) -> Payload | None:
    """Reads the request to send.

    Args:
        folder: The app's folder.
        file: The file that holds the request. Default: ``payload.csv`` or ``payload.json`` in ``folder``.
        content_type: Its content type. Default: what its suffix says.

    Returns:
        The request; ``None`` when no file was named and the folder holds none.

    Raises:
        ValidationError: The named file does not exist, is empty, or its suffix says no content type.
    """
    chosen = _default_file(folder) if file is None else file
    if chosen is None:
        return None
    body = _read(chosen)
    kind = CONTENT_TYPES.get(chosen.suffix.lower()) if content_type is None else content_type
    if kind is None:
        raise ValidationError(
            Problem(
                code="UnknownContentType",
                parameter="--payload",
                rule=f"end in {' or '.join(CONTENT_TYPES)} when --content-type is not given",
                value=str(chosen),
                fix="add --content-type",
            )
        )
    return Payload(file=chosen, body=body, content_type=kind, expected=_expected(chosen))


def _default_file(folder: Path) -> Path | None:
    return next((folder / name for name in _DEFAULT_NAMES if (folder / name).is_file()), None)


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise ValidationError(
            Problem(
                code="PayloadNotFound",
                parameter="--payload",
                rule="be a file",
                value=str(file),
                fix="give a file that holds one request",
            )
        )
    body = file.read_bytes()
    if not body:
        raise ValidationError(
            Problem(
                code="EmptyPayload",
                parameter="--payload",
                rule="hold at least one byte",
                value=str(file),
                fix="write one request into it, such as a line of comma-separated values",
            )
        )
    return body


def _expected(file: Path) -> str | None:
    label = file.with_suffix(".expected")
    return label.read_text("utf-8").strip() if label.is_file() else None
