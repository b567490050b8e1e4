"""S3 as jobs and models see it: the engine's own, over its own port."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.local.engine.scope import Scope

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Storage(Protocol):
    """What jobs and models need of S3."""

    def list(self, s3_uri: str) -> list[str]:
        """URIs of every object whose URI starts with ``s3_uri``."""
        ...

    def download(self, s3_uri: str, path: Path) -> None:
        """Copies one object to one file."""
        ...

    def upload(self, path: Path, s3_uri: str) -> None:
        """Copies one file to one object."""
        ...

    def read_text(self, bucket: str, key: str, version: str | None = None) -> str:
        """Content of a small object."""
        ...


def split_uri(s3_uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` URI.

    Raises:
        ValueError: It is not one.
    """
    parts = urlsplit(s3_uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"not an S3 URI: {s3_uri!r}")
    return parts.netloc, s3_uri.removeprefix(f"s3://{parts.netloc}").removeprefix("/")


class EngineStorage:
    """S3 through boto3, in one scope.

    The public interface rather than ministack's functions: it survives ministack's changes, streams, and is
    safe to use from the many threads that jobs run in. It must not be used on the event loop, which is what
    answers it.

    Args:
        endpoint_url: Address of the engine.
        scope: Account and region to read and write in.
    """

    def __init__(self, endpoint_url: str, scope: Scope) -> None:
        self._client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=scope.region,
            # ministack takes a twelve-digit access key as the account.
            aws_access_key_id=scope.account,
            aws_secret_access_key="test",  # noqa: S106 - nobody checks it
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2, "mode": "standard"}),
        )

    def list(self, s3_uri: str) -> list[str]:
        """URIs of every object whose URI starts with ``s3_uri``, as SageMaker reads an ``S3Prefix``."""
        bucket, prefix = split_uri(s3_uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", [])]

    def download(self, s3_uri: str, path: Path) -> None:
        """Copies one object to one file, whose folder is made."""
        bucket, key = split_uri(s3_uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._client.download_file(bucket, key, str(path))

    def upload(self, path: Path, s3_uri: str, *, content_type: str | None = None) -> None:
        """Copies one file to one object.

        Args:
            path: The file.
            s3_uri: URI of the object.
            content_type: Its content type. Default: ``None``, S3's own default.
        """
        bucket, key = split_uri(s3_uri)
        extra = {} if content_type is None else {"ContentType": content_type}
        self._client.upload_file(str(path), bucket, key, ExtraArgs=extra)

    def delete(self, s3_uri: str) -> None:
        """Deletes one object."""
        bucket, key = split_uri(s3_uri)
        self._client.delete_object(Bucket=bucket, Key=key)

    def bucket_tags(self, bucket: str) -> dict[str, str]:
        """Tags of a bucket."""
        try:
            tags = self._client.get_bucket_tagging(Bucket=bucket)["TagSet"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchTagSet":
                raise
            return {}
        return {tag["Key"]: tag["Value"] for tag in tags}

    def read_text(self, bucket: str, key: str, version: str | None = None) -> str:
        """Content of a small object."""
        extra = {} if version is None else {"VersionId": version}
        return self._client.get_object(Bucket=bucket, Key=key, **extra)["Body"].read().decode()  # type: ignore[arg-type]


class StoragePool:
    """One :class:`EngineStorage` a scope, made when first asked for: a client takes some 50 ms to make.

    Args:
        endpoint_url: Address of the engine.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._made: dict[Scope, EngineStorage] = {}
        self._lock = threading.Lock()

    def __call__(self, scope: Scope) -> EngineStorage:
        """S3 in one scope."""
        with self._lock:
            if scope not in self._made:
                self._made[scope] = EngineStorage(self._endpoint_url, scope)
            return self._made[scope]
