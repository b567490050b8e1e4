"""Moves folders between S3 and a job."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError
from cdk_sagemaker_mlops.local.execution.interfaces import Storage


def download(storage: Storage, s3_uri: str, folder: Path) -> None:
    """Downloads every object at or below ``s3_uri`` into ``folder``.

    One object keeps its own name; the objects below a prefix keep their place below it.

    Raises:
        StepFailedError: There is no such object.
    """
    objects = storage.list(s3_uri)
    if not objects:
        raise RefusedStepError(f"there is no object at or below {s3_uri!r}; give an S3 URI that holds data")
    folder.mkdir(parents=True, exist_ok=True)
    for uri in objects:
        # A key that ends in a slash stands for a folder in consoles, and holds nothing.
        if not uri.endswith("/"):
            path = folder / _relative(uri, s3_uri)
            path.parent.mkdir(parents=True, exist_ok=True)
            storage.download(uri, path)


def upload(storage: Storage, folder: Path, s3_uri: str) -> dict[str, str]:
    """Uploads every file below ``folder`` to the same place below ``s3_uri``.

    Returns:
        Digest of each object stored, by URI.
    """
    stored = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            uri = f"{s3_uri.rstrip('/')}/{path.relative_to(folder).as_posix()}"
            storage.upload(path, uri)
            stored[uri] = file_digest(path)
    return stored


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _relative(uri: str, prefix: str) -> PurePosixPath:
    if uri == prefix:
        return PurePosixPath(uri.rpartition("/")[2])
    path = PurePosixPath(uri.removeprefix(prefix).lstrip("/"))
    if ".." in path.parts:
        raise RefusedStepError(f"the key of {uri!r} must not hold '..'; rename the object")
    return path
