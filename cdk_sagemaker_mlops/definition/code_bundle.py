"""What the SDK wanted to upload, renamed by content.

The SDK uploads code under keys that carry a time stamp, so that two builds of the same code differ. Here
every upload is kept in memory until the definition is complete; then each upload root becomes
``code/<sha256 of its content>`` and the definition's URIs follow. Functions of ``@step`` stay where their
jobs look for them, below a folder that is named by their content in place of the time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from cdk_sagemaker_mlops.definition import archive, placeholders
from cdk_sagemaker_mlops.definition.decorated_functions import BUILD_MARK
from cdk_sagemaker_mlops.errors import DefinitionError, Problem

CODE_PREFIX = "code"
# Names of the training drivers' contract: sagemaker/train/constants.py.
_SOURCE_CODE_RECORD = "sourcecode.json"
_CODE_IN_CONTAINER = "/opt/ml/input/data/code"
_PLACEHOLDERS = (
    placeholders.BUCKET,
    placeholders.REGION,
    placeholders.ROLE_ARN,
    placeholders.custom(0).partition("000")[0],
)
_PLACEHOLDER = re.compile("|".join(map(re.escape, _PLACEHOLDERS)).encode())
_KEY_CHARACTER = r"[A-Za-z0-9!_.*'()-]"


class CodeBundle:
    """Collects uploads to the artifact bucket. An *upload root* is the prefix that one upload was given."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._roots: set[str] = set()

    def add_object(self, bucket: str, key: str, body: bytes) -> None:
        """Takes one object; its root is the folder that it lies in."""
        _require_artifact_bucket(bucket, key)
        self._objects[key] = archive.normalised(key, body)
        self._add_root(key.rpartition("/")[0])

    def add_path(self, path: Path, bucket: str, key_prefix: str) -> str:
        """Takes a file or a folder, as the SDK's ``Session.upload_data`` lays it out.

        Returns:
            The S3 URI of the file, or of the prefix of the folder.
        """
        _require_artifact_bucket(bucket, key_prefix)
        if not path.is_dir():
            self.add_object(bucket, f"{key_prefix}/{path.name}", path.read_bytes())
            return f"s3://{bucket}/{key_prefix}/{path.name}"
        for relative, content, _ in archive.read_tree(path):
            body = _without_local_path(content) if relative == _SOURCE_CODE_RECORD else content
            self._objects[f"{key_prefix}/{relative}"] = archive.normalised(relative, body)
        self._add_root(key_prefix)
        return f"s3://{bucket}/{key_prefix}"

    def renamed(self, document: str) -> tuple[str, Mapping[str, bytes]]:
        """Renames every upload root by its content.

        Args:
            document: The definition, with the URIs that the SDK was given.

        Returns:
            The definition with final URIs, and the objects to deploy: final key to content.

        Raises:
            DefinitionError: An object holds a placeholder, which only the definition's own text may.
        """
        _require_no_placeholder(self._objects)
        files: dict[str, bytes] = {}
        for root in sorted(self._outermost_roots(), key=len, reverse=True):
            members = {
                key.removeprefix(root).lstrip("/"): body
                for key, body in self._objects.items()
                if _is_below(key, root) and BUILD_MARK not in key
            }
            target = f"{CODE_PREFIX}/{_digest(members)}"
            document = _replace_root(document, root, target)
            files.update({f"{target}/{name}": body for name, body in members.items()})
        functions = {key: body for key, body in self._objects.items() if BUILD_MARK in key}
        build = _digest(functions)
        files.update({key.replace(BUILD_MARK, build): body for key, body in functions.items()})
        return document.replace(BUILD_MARK, build), dict(sorted(files.items()))

    def _add_root(self, root: str) -> None:
        if BUILD_MARK not in root:
            self._roots.add(root)

    def _outermost_roots(self) -> set[str]:
        return {
            root
            for root in self._roots
            if not any(other != root and _is_below(root, other) for other in self._roots)
        }


def _require_no_placeholder(objects: Mapping[str, bytes]) -> None:
    problems = [
        Problem(
            code="PlaceholderInCode",
            parameter="pipeline",
            rule="keep the context's values out of the files that it uploads",
            value=key,
            fix="hand the value on as an argument, hyperparameter or environment variable of the step",
        )
        for key, body in sorted(objects.items())
        if _PLACEHOLDER.search(archive.hashed_content(key, body))
    ]
    if problems:
        raise DefinitionError(*problems)


def _is_below(key: str, root: str) -> bool:
    return key == root or key.startswith(f"{root}/") or not root


def _replace_root(document: str, root: str, target: str) -> str:
    uri = re.escape(f"s3://{placeholders.BUCKET}/{root}")
    return re.sub(rf"{uri}(?!{_KEY_CHARACTER})", f"s3://{placeholders.BUCKET}/{target}", document)


def _without_local_path(record: bytes) -> bytes:
    """Takes the building machine's path, or the placeholder, out of the SDK's record of a ``SourceCode``.

    No driver reads it.
    """
    content = json.loads(record)
    source = str(content.get("source_dir"))
    if not source.startswith("s3://") or source.startswith(f"s3://{placeholders.BUCKET}/"):
        content["source_dir"] = _CODE_IN_CONTAINER
    return json.dumps(content, sort_keys=True).encode()


def _digest(members: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(members):
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(hashlib.sha256(archive.hashed_content(name, members[name])).digest())
    return digest.hexdigest()


def _require_artifact_bucket(bucket: str, key: str) -> None:
    if bucket == placeholders.BUCKET:
        return
    raise DefinitionError(
        Problem(
            code="UploadElsewhere",
            parameter="pipeline",
            rule="upload local files to the artifact bucket only",
            value=f"s3://{bucket}/{key}",
            fix="leave the bucket to the session, or use ctx.s3_uri(...) as the location",
        )
    )
