"""What a model is made of: the package itself or, if that is in another region, copies of its parts."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .. import contract
from ..aws_calls import by_meaning, client, own_region
from ..errors import MissingError, PermanentError, RetryableError
from . import names
from .registry import Package, Registry
from .settings import Settings

logger = logging.getLogger(__name__)

_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<rest>.+)")
# Up to here one CopyObject is quick; above, boto3 copies parts at the same time.
_SMALL_COPY_IN_BYTES = 64 * 1024 * 1024
_COPY_TIMEOUT_IN_SECONDS = 120


def containers_for(
    settings: Settings, registry: Registry, name: str, package_arn: str
) -> list[dict[str, Any]]:
    """Returns the containers of a model, and copies its artifact here first if it is in another region.

    Args:
        settings: The deployment's.
        registry: Where the package is.
        name: Name of the model.
        package_arn: The package.

    Raises:
        RetryableError: The package is not there any more, or the copy may work in a while.
        PermanentError: The package cannot be deployed here.
    """
    environment = settings.part(contract.MODEL).get("Environment", {})
    if not registry.is_elsewhere:
        container: dict[str, Any] = {"ModelPackageName": package_arn}
        return [{**container, "Environment": environment} if environment else container]
    package = registry.package(package_arn)
    if package is None:
        raise RetryableError(f"{package_arn} does not exist any more")
    source = _only_container(package, package_arn)
    found = {"Image": _image_here(settings, source["Image"])}
    if "ModelDataUrl" in source:
        found["ModelDataUrl"] = _copy_here(settings, registry.region, name, source["ModelDataUrl"])
    merged = {**source.get("Environment", {}), **environment}
    return [{**found, "Environment": merged} if merged else found]


def delete_copy(settings: Settings, name: str) -> None:
    """Deletes the artifact that was copied for a model, if there is one.

    Args:
        settings: The deployment's.
        name: Name of the model.
    """
    bucket = settings.hosting.get(contract.ARTIFACT_BUCKET)
    if bucket is not None:
        with by_meaning():
            client("s3").delete_object(Bucket=bucket, Key=_key(name))


def delete_copies(settings: Settings) -> None:
    """Deletes every artifact that was copied for this deployment, also where no model came of it.

    Args:
        settings: The deployment's.
    """
    bucket = settings.hosting.get(contract.ARTIFACT_BUCKET)
    if bucket is None:
        return
    s3, prefix = client("s3"), f"{contract.ARTIFACT_COPIES}{names.stem(settings)}-v"
    with by_meaning():
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=found["Key"])


def _only_container(package: Package, package_arn: str) -> Mapping[str, Any]:
    if len(package.containers) != 1:
        raise PermanentError(
            f"{package_arn} has {len(package.containers)} containers; from another region only packages with "
            "one can be deployed"
        )
    (source,) = package.containers
    if "ModelDataSource" in source:
        raise PermanentError(
            f"{package_arn} has an uncompressed artifact (ModelDataSource); from another region only a "
            "tar.gz can be deployed"
        )
    return source


def _image_here(settings: Settings, image: str) -> str:
    found = _ECR.fullmatch(image)
    if found is None:
        return image
    account = settings.part(contract.IMAGE_REGISTRIES).get(found["account"], found["account"])
    return f"{account}.dkr.ecr.{own_region()}.{found['rest']}"


def _copy_here(settings: Settings, region: str, name: str, url: str) -> str:
    source = urlsplit(url)
    bucket, key = settings.hosting[contract.ARTIFACT_BUCKET], _key(name)
    where = {"Bucket": source.netloc, "Key": source.path.lstrip("/")}
    there = client("s3", region=region, read_timeout=_COPY_TIMEOUT_IN_SECONDS)
    here = client("s3", read_timeout=_COPY_TIMEOUT_IN_SECONDS)
    try:
        with by_meaning():
            size = there.head_object(**where)["ContentLength"]
            if _size(here, bucket, key) != size:
                logger.info("copying the artifact", extra={"from": url, "bytes": size})
                if size <= _SMALL_COPY_IN_BYTES:
                    here.copy_object(Bucket=bucket, Key=key, CopySource=where)
                else:
                    here.copy(where, bucket, key, SourceClient=there)
    except MissingError as error:
        raise PermanentError(f"the artifact {url} does not exist: {error}") from error
    return f"s3://{bucket}/{key}"


def _size(here: Any, bucket: str, key: str) -> int | None:
    """Size of the copy, if it is there; S3 refuses to say so where it may not be listed."""
    try:
        with by_meaning():
            size: int = here.head_object(Bucket=bucket, Key=key)["ContentLength"]
    except PermanentError:
        return None
    return size


def _key(name: str) -> str:
    return f"{contract.ARTIFACT_COPIES}{name}.tar.gz"
