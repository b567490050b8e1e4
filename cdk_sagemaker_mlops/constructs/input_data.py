"""Where a pipeline's input data is: in S3 already, or here, to be deployed with the stack."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.archive import read_tree
from cdk_sagemaker_mlops.errors import Problem

_S3_URI = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"
_PREFIX = "input-data"


@dataclass(frozen=True, kw_only=True)
class InputData:
    """Input data, by the two forms it can have.

    Attributes:
        default_uri: Default of the ``InputDataUri`` parameter; ``None`` if there is no data.
        to_deploy: Local files or folders, each with the prefix that it goes to in the artifact bucket.
    """

    default_uri: str | None = None
    to_deploy: tuple[tuple[Path, str], ...] = ()


def problem_of(value: str | Path | None) -> Problem | None:
    """Checks ``input_data`` without reading it."""
    if value is None or checks.is_token(value):
        return None
    if str(value).startswith("s3:"):
        return checks.matches(
            "input_data",
            str(value),
            _S3_URI,
            code="InvalidInputData",
            rule="be an S3 URI of a bucket and a prefix",
            fix="write it as 's3://bucket/prefix'",
        )
    path = Path(value)
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        return None
    return Problem(
        code="InputDataNotFound",
        parameter="input_data",
        rule="be an existing file, a folder with files in it, or an S3 URI",
        value=str(value),
        fix=f"give a path that exists from the working directory {str(Path.cwd())!r}, or 's3://bucket/prefix'",
    )


def locate(value: str | Path | None) -> InputData:
    """Reads what ``input_data`` says; local data gets a prefix of its own that changes with its content."""
    if value is None:
        return InputData()
    if checks.is_token(value) or str(value).startswith("s3://"):
        return InputData(default_uri=str(value))
    path = Path(value)
    key_prefix = f"{_PREFIX}/{_digest(path)}"
    return InputData(default_uri=f"s3://{placeholders.BUCKET}/{key_prefix}", to_deploy=((path, key_prefix),))


def _digest(path: Path) -> str:
    files = read_tree(path) if path.is_dir() else [(path.name, path.read_bytes(), False)]
    digest = hashlib.sha256()
    for name, content, _ in files:
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
