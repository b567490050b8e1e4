"""Finds what a new model is compared with: the newest approved version of its model package group.

Reading the registry is best effort. A job without the permission, without a network or outside AWS has no
comparison, and the report says why; the evaluation itself goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Written by SageMaker into every processing container:
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
_JOB_CONFIG = Path("/opt/ml/config/processingjobconfig.json")
# A container in a VPC without endpoints gets no answer at all, and the job must not wait long for it.
_CONNECT_SECONDS, _READ_SECONDS = 3, 10
_MOST_PAGES = 10


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What there is to compare with.

    Args:
        note: One sentence for readers: what the model is compared with, or why with nothing.
        version: Number of the version in the registry. Default: ``None``, there is none.
        document: Its model-quality document. Default: ``None``, there is none.
    """

    note: str
    version: int | None = None
    document: Mapping[str, Any] | None = None


def previous_version(group: str | None) -> Comparison:
    """Reads the metrics of the newest approved version of a model package group; never raises.

    Args:
        group: Name or ARN of the group; ``None`` or empty for none.
    """
    if not group:
        return Comparison(note="Not compared: no model package group was given to the evaluation.")
    try:
        # Only here: own images may lack it, and importing it takes a while.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError:
        return Comparison(note="Not compared: this container has no boto3 to read the model registry with.")
    settings = Config(
        connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 2}
    )
    try:
        session = boto3.Session(region_name=_region())
        return _read(session, settings, group)
    except (BotoCoreError, ClientError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Comparison(note=f"Not compared: the model registry could not be read ({reason[:300]}).")


def _read(session: Any, settings: Any, group: str) -> Comparison:
    sagemaker = session.client("sagemaker", config=settings)
    arn = _newest_approved(sagemaker, group)
    if arn is None:
        return Comparison(note=f"Not compared: no version of {group} is approved yet.")
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    version = int(package["ModelPackageVersion"])
    statistics = package.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    if "S3Uri" not in statistics:
        return Comparison(note=f"Not compared: version {version} of {group} was registered without metrics.")
    place = urlsplit(statistics["S3Uri"])
    answer = session.client("s3", config=settings).get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    document = json.loads(answer["Body"].read())
    if not isinstance(document, dict):
        return Comparison(
            note=f"Not compared: the metrics of version {version} of {group} are no JSON object."
        )
    note = f"Compared with version {version} of {group}, the newest approved one, as it was evaluated then."
    return Comparison(note=note, version=version, document=document)


def _newest_approved(sagemaker: Any, group: str) -> str | None:
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 20, "MaxItems": 20 * _MOST_PAGES},
    )
    for page in pages:
        versions = page["ModelPackageSummaryList"]
        if versions:
            newest = max(versions, key=lambda package: int(package["ModelPackageVersion"]))
            return str(newest["ModelPackageArn"])
    return None


def _region() -> str | None:
    """Botocore reads ``AWS_DEFAULT_REGION`` only; the job's own ARN always names the region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if os.environ.get(name):
            return os.environ[name]
    if not _JOB_CONFIG.is_file():
        return None
    arn = json.loads(_JOB_CONFIG.read_text(encoding="utf-8"))["ProcessingJobArn"]
    return str(arn).split(":")[3]
