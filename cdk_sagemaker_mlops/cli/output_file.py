"""Writes a file that the user asked for."""

from __future__ import annotations

from pathlib import Path

from cdk_sagemaker_mlops.errors import OperationError, Problem


def write_file(path: Path, content: bytes, *, option: str) -> None:
    """Writes a file, and the folder that it is in.

    Args:
        path: The file.
        content: What it shall hold.
        option: What named it, for the error.

    Raises:
        OperationError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OperationError(
            Problem(
                code="CannotWrite",
                parameter=option,
                rule="be a file that can be written",
                value=str(path),
                fix=f"name another ({error.strerror or error})",
            )
        ) from error
