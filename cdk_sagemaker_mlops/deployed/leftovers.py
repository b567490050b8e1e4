"""What deleted stacks left on purpose: artifact buckets and model package groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.finding import all_stacks
from cdk_sagemaker_mlops.deployed.stack_outputs import deployed_pipelines
from cdk_sagemaker_mlops.errors import OperationError, Problem
from cdk_sagemaker_mlops.handlers import contract

_BUCKET, _GROUP = "AWS::S3::Bucket", "AWS::SageMaker::ModelPackageGroup"
_OURS = {contract.MODEL_DEPLOYMENT, contract.MODEL_DEPLOYMENT_CLEANUP}
_STACK = "AWS::CloudFormation::Stack"
_GONE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Something that a deleted stack kept.

    Args:
        kind: What it is.
        name: Its name.
        stack: Name of the stack that was deleted.
        deleted: When that stack was deleted. Default: not told.
        content: What is in it, in words.
        used_by: Path of the deployed pipeline that uses it now. Default: ``None``, none does.
    """

    kind: Literal["bucket", "model package group"]
    name: str
    stack: str
    deleted: datetime | None = None
    content: str
    used_by: str | None = None


def find_leftovers(
    cloudformation: Any, s3: Any, sagemaker: Any, *, stack: str | None = None
) -> tuple[Leftover, ...]:
    """Finds what stacks with an ``MlopsPipeline`` left when they were deleted.

    CloudFormation remembers deleted stacks for 90 days: what an earlier one left is not found.

    Args:
        cloudformation: A CloudFormation client.
        s3: An S3 client.
        sagemaker: A SageMaker client.
        stack: Name of the stack. Default: ``None``, all.
    """
    used = _in_use(all_stacks(cloudformation))
    found: dict[tuple[str, str], Leftover] = {}
    for deleted in _deleted_stacks(cloudformation, stack):
        for kind, name in _kept(_last_deletion(cloudformation, deleted["StackId"])):
            content = _bucket_content(s3, name) if kind == "bucket" else _group_content(sagemaker, name)
            if content is not None:
                found[kind, name] = Leftover(
                    kind=kind,
                    name=name,
                    stack=deleted["StackName"],
                    deleted=deleted.get("DeletionTime"),
                    content=content,
                    used_by=used.get(name),
                )
    return tuple(found[key] for key in sorted(found))


def _in_use(stacks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    used: dict[str, str] = {}
    for pipeline in deployed_pipelines(stacks):
        for name in (pipeline.artifact_bucket_name, pipeline.model_package_group_name):
            if name is not None:
                used[name.rsplit("/", 1)[-1]] = pipeline.path
    return used


def _deleted_stacks(cloudformation: Any, name: str | None) -> Iterator[Mapping[str, Any]]:
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    for page in pages:
        yield from (each for each in page["StackSummaries"] if name in (None, each["StackName"]))


def _last_deletion(cloudformation: Any, stack_id: str) -> list[Mapping[str, Any]]:
    """The events of a stack's deletion: the newest ones, back to where it began."""
    events: list[Mapping[str, Any]] = []
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            if event["ResourceType"] == _STACK and event["ResourceStatus"] == "DELETE_IN_PROGRESS":
                return events
            events.append(event)
    return events


def _kept(
    events: list[Mapping[str, Any]],
) -> Iterator[tuple[Literal["bucket", "model package group"], str]]:
    if not any(event["ResourceType"] in _OURS for event in events):
        return
    for event in events:
        if event["ResourceStatus"] != "DELETE_SKIPPED" or not event.get("PhysicalResourceId"):
            continue
        name = event["PhysicalResourceId"].rsplit("/", 1)[-1]
        # A bucket of the user's own in the same stack has another construct's name in its logical id.
        if event["ResourceType"] == _BUCKET and "ArtifactBucket" in event["LogicalResourceId"]:
            yield "bucket", name
        elif event["ResourceType"] == _GROUP:
            yield "model package group", name


def _bucket_content(s3: Any, name: str) -> str | None:
    try:
        page = s3.list_objects_v2(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return None
        raise
    return _count(
        page.get("KeyCount", len(page.get("Contents", []))), "object", more=bool(page.get("IsTruncated"))
    )


def _group_content(sagemaker: Any, name: str) -> str | None:
    try:
        sagemaker.describe_model_package_group(ModelPackageGroupName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None
        raise
    page = sagemaker.list_model_packages(ModelPackageGroupName=name, MaxResults=100)
    return _count(len(page["ModelPackageSummaryList"]), "version", more=bool(page.get("NextToken")))


def _count(number: int, noun: str, *, more: bool) -> str:
    if more:
        return f"{number} {noun}s or more"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def delete_leftover(
    s3: Any, sagemaker: Any, leftover: Leftover, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Deletes a leftover and all that is in it.

    Args:
        s3: An S3 client.
        sagemaker: A SageMaker client.
        leftover: What to delete.
        sleep: Waits so many seconds. Default: ``time.sleep``.

    Raises:
        OperationError: Something in it could not be deleted.
    """
    if leftover.kind == "bucket":
        _delete_bucket(s3, leftover.name)
    else:
        _delete_group(sagemaker, leftover.name, sleep)


def _delete_bucket(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if not objects:
            continue
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise OperationError(
                Problem(
                    code="ObjectNotDeleted",
                    parameter=f"s3://{name}/{error.get('Key', '')}",
                    rule="be deleted",
                    value=error.get("Message", error.get("Code")),
                    fix="see what protects it, such as object lock or a bucket policy",
                )
            )
    s3.delete_bucket(Bucket=name)


def _delete_group(sagemaker: Any, name: str, sleep: Callable[[float], None]) -> None:
    for page in sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name):
        for package in page["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
    waited, pause = 0.0, 1.0
    while True:
        try:
            sagemaker.delete_model_package_group(ModelPackageGroupName=name)
            return
        except ClientError as error:
            # Deleted versions are seen in their group for a while.
            if error.response["Error"]["Code"] != "ConflictException" or waited >= _GONE_SECONDS:
                raise
        sleep(pause)
        waited += pause
        pause = min(pause * 2, 10.0)
