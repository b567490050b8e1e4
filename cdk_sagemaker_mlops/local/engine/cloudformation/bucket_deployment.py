"""``Custom::CDKBucketDeployment``: what CDK's ``BucketDeployment`` makes in a stack.

On AWS a function does the work with an AWS CLI that its layer carries; there is none here, so the engine does
it. The type is looked up before custom resources are dispatched to their function.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.engine.cloudformation.deployment_files import (
    Deployment,
    Source,
    content_type,
    read_deployment,
    unpack,
)
from cdk_sagemaker_mlops.local.engine.ministack_scope import current_scope
from cdk_sagemaker_mlops.local.engine.storage import EngineStorage, StoragePool

TYPE = "Custom::CDKBucketDeployment"
_OWNER_TAG = "aws-cdk:cr-owned"


class BucketDeploymentHandler:
    """Handles the type, as ministack's table of handlers calls it.

    Args:
        storage: S3.
    """

    def __init__(self, storage: StoragePool) -> None:
        self._storage = storage

    def create(
        self, _logical_id: str, properties: dict[str, Any], _stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        """Copies the sources to the destination."""
        deployment = read_deployment(properties)
        self._deploy(deployment)
        return f"aws.cdk.s3deployment.{uuid.uuid4()}", deployment.attributes

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], _stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        """Copies the sources anew; a destination that was left is emptied unless its files are retained."""
        before, deployment = read_deployment(old), read_deployment(new)
        if not deployment.retain_on_delete and before.destination != deployment.destination:
            _empty(self._storage(current_scope()), before)
        self._deploy(deployment)
        return physical_id, deployment.attributes

    def delete(self, _physical_id: str, properties: dict[str, Any]) -> None:
        """Empties the destination, unless its files are retained or another deployment has taken it over."""
        deployment = read_deployment(properties)
        storage = self._storage(current_scope())
        if not deployment.retain_on_delete and not _owned(storage, deployment):
            _empty(storage, deployment)

    def _deploy(self, deployment: Deployment) -> None:
        storage = self._storage(current_scope())
        with tempfile.TemporaryDirectory() as temporary:
            contents = Path(temporary) / "contents"
            contents.mkdir()
            for source in deployment.sources:
                _fetch(storage, source, Path(temporary) / "archive", contents, extract=deployment.extract)
            files = [path for path in sorted(contents.rglob("*")) if path.is_file()]
            _sync(storage, deployment, {path.relative_to(contents).as_posix(): path for path in files})


def _fetch(storage: EngineStorage, source: Source, archive: Path, contents: Path, *, extract: bool) -> None:
    uri = f"s3://{source.bucket}/{source.key}"
    if extract:
        storage.download(uri, archive)
        unpack(archive, contents, source)
    else:
        storage.download(uri, contents / source.key.rsplit("/", 1)[-1])


def _sync(storage: EngineStorage, deployment: Deployment, files: dict[str, Path]) -> None:
    wanted = {deployment.key(name): path for name, path in files.items() if deployment.selects(name)}
    for key, path in wanted.items():
        storage.upload(path, f"s3://{deployment.bucket}/{key}", content_type=content_type(key))
    if deployment.prune:
        _delete(storage, deployment, [key for key in _existing(storage, deployment) if key not in wanted])


def _existing(storage: EngineStorage, deployment: Deployment) -> list[str]:
    prefix = deployment.key("")
    uris = storage.list(f"s3://{deployment.bucket}/{prefix}")
    return [uri.removeprefix(f"s3://{deployment.bucket}/") for uri in uris]


def _delete(storage: EngineStorage, deployment: Deployment, keys: Sequence[str]) -> None:
    # As `aws s3 sync --delete`: files that the filters leave out are not touched.
    prefix = deployment.key("")
    for key in keys:
        if deployment.selects(key.removeprefix(prefix)):
            storage.delete(f"s3://{deployment.bucket}/{key}")


def _empty(storage: EngineStorage, deployment: Deployment) -> None:
    for key in _existing(storage, deployment):
        storage.delete(f"s3://{deployment.bucket}/{key}")


def _owned(storage: EngineStorage, deployment: Deployment) -> bool:
    tag = f"{_OWNER_TAG}:{deployment.prefix}" if deployment.prefix else _OWNER_TAG
    return any(key.startswith(tag) for key in storage.bucket_tags(deployment.bucket))


def register(storage: StoragePool) -> None:
    """Adds the type to ministack."""
    from ministack.services.cloudformation import provisioners

    handler = BucketDeploymentHandler(storage)
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": handler.create,
        "update": handler.update,
        "delete": handler.delete,
    }
