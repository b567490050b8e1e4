"""What a ``BucketDeployment`` asks for, and the files it is made of; nothing here touches S3.

The semantics are those of the handler in aws-cdk-lib 2.275, ``aws-s3-deployment/bucket-deployment-handler``.
"""

from __future__ import annotations

import fnmatch
import json
import mimetypes
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """One source of a deployment.

    Args:
        bucket: Bucket of the asset.
        key: Its key.
        markers: What stands in the asset's files for values known only at deployment, by marker.
        json_escape: Whether the values are escaped for use inside JSON text.
    """

    bucket: str
    key: str
    markers: dict[str, Any]
    json_escape: bool


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The custom resource's properties, read.

    Args:
        sources: What is deployed, in order: of two files with one name the later stays.
        bucket: Bucket deployed to.
        prefix: Prefix of the keys deployed to, as the template has it.
        extract: Whether sources are archives to unpack.
        prune: Whether other files below the prefix are deleted.
        retain_on_delete: Whether files stay when the resource is deleted or moved.
        exclude: Patterns of files left out.
        include: Patterns of files taken in again.
        attributes: What ``Fn::GetAtt`` gives.
    """

    sources: tuple[Source, ...]
    bucket: str
    prefix: str
    extract: bool
    prune: bool
    retain_on_delete: bool
    exclude: tuple[str, ...]
    include: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def destination(self) -> tuple[str, str]:
        """Where files go."""
        return self.bucket, self.prefix

    def key(self, name: str) -> str:
        """Key of a file, or with ``''`` the prefix of them all."""
        prefix = self.prefix.strip("/")
        return f"{prefix}/{name}" if prefix else name

    def selects(self, name: str) -> bool:
        """Tells whether the filters take a file in; as in the AWS CLI, the last one that matches decides."""
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.include):
            return True
        return not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exclude)


def read_deployment(properties: dict[str, Any]) -> Deployment:
    """Reads the custom resource's properties."""
    keys = properties["SourceObjectKeys"]
    given_markers = properties.get("SourceMarkers")
    markers = [{}] * len(keys) if given_markers is None else given_markers
    given_config = properties.get("SourceMarkersConfig")
    configs = [{}] * len(keys) if given_config is None else given_config
    buckets = properties["SourceBucketNames"]
    return Deployment(
        sources=tuple(
            Source(bucket, key, dict(marker), _flag(config.get("jsonEscape", False)))
            for bucket, key, marker, config in zip(buckets, keys, markers, configs, strict=True)
        ),
        bucket=properties["DestinationBucketName"],
        prefix=properties.get("DestinationBucketKeyPrefix", "").removeprefix("/"),
        extract=_flag(properties.get("Extract", True)),
        prune=_flag(properties.get("Prune", True)),
        retain_on_delete=_flag(properties.get("RetainOnDelete", True)),
        exclude=tuple(properties.get("Exclude", ())),
        include=tuple(properties.get("Include", ())),
        attributes={
            "DestinationBucketArn": properties.get(
                "DestinationBucketArn", f"arn:aws:s3:::{properties['DestinationBucketName']}"
            ),
            "SourceObjectKeys": keys if _flag(properties.get("OutputObjectKeys", True)) else [],
        },
    )


def _flag(value: object) -> bool:
    return str(value).lower() == "true"


def unpack(archive: Path, folder: Path, source: Source) -> None:
    """Unpacks a source's archive and puts the values in place of the markers."""
    with zipfile.ZipFile(archive) as opened:
        # zipfile itself keeps members inside the folder.
        opened.extractall(folder)
        names = [name for name in opened.namelist() if not name.endswith("/")]
    if not source.markers:
        return
    for name in names:
        path = folder / name
        path.write_bytes(replace_markers(path.read_bytes(), source))


def replace_markers(content: bytes, source: Source) -> bytes:
    """Puts the values in place of a source's markers."""
    for marker, value in source.markers.items():
        text = json.dumps(value) if source.json_escape else str(value)
        if source.json_escape and isinstance(value, str):
            text = text[1:-1]
        content = content.replace(marker.encode(), text.encode())
    return content


def content_type(key: str) -> str:
    """Content type that the AWS CLI gives a file: guessed from its name."""
    guessed, _ = mimetypes.guess_type(key)
    return "binary/octet-stream" if guessed is None else guessed
