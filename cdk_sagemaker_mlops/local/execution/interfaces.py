"""What an execution needs of the engine around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Storage(Protocol):
    """Objects of S3. May be called from several threads at once."""

    def list(self, s3_uri: str) -> list[str]:
        """Returns the full ``s3://`` URI of every object at ``s3_uri`` or below it."""

    def download(self, s3_uri: str, path: Path) -> None:
        """Writes one object to one file."""

    def upload(self, path: Path, s3_uri: str) -> None:
        """Stores one file as one object."""


class Registry(Protocol):
    """SageMaker's control plane. May be called from several threads at once."""

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Calls an operation by its API name, such as ``CreateModelPackage``.

        Raises:
            Exception: The API refuses the call; the text says why.
        """
