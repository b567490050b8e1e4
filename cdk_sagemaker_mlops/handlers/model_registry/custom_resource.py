"""Custom resource that empties and deletes a model package group with its stack."""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from .. import contract
from ..aws_calls import by_meaning, client
from ..errors import BusyError, MissingError, PermanentError, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)

# Keeps one call well within its handler's time; the next call goes on.
_MOST_DELETES = 100


def on_event(event: dict[str, Any]) -> dict[str, Any]:
    """Answers with the physical id, which is the group's name; all work is left to :func:`is_complete`."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    return {"PhysicalResourceId": event["ResourceProperties"][contract.MODEL_PACKAGE_GROUP_NAME]}


def is_complete(event: dict[str, Any]) -> dict[str, bool]:
    """On delete, empties and deletes the group, and tells whether it is gone; otherwise does nothing.

    Raises:
        PermanentError: SageMaker refused a deletion for good.
    """
    if event["RequestType"] != "Delete":
        return {"IsComplete": True}
    try:
        return {
            "IsComplete": purge(
                client("sagemaker"), event["ResourceProperties"][contract.MODEL_PACKAGE_GROUP_NAME]
            )
        }
    except RetryableError:
        return {"IsComplete": False}


def purge(sagemaker: SageMakerClient, group_name: str) -> bool:
    """Deletes the packages of a group, and then the group.

    Args:
        sagemaker: The boto3 client.
        group_name: Name of the group.

    Returns:
        Whether the group is gone; if not, call again later: deletions take time to show.
    """
    try:
        with by_meaning():
            _delete_packages(sagemaker, group_name)
            sagemaker.delete_model_package_group(ModelPackageGroupName=group_name)
            return _is_gone(sagemaker, group_name)
    except MissingError:
        return True
    except BusyError:
        return False


def _delete_packages(sagemaker: SageMakerClient, group_name: str) -> None:
    # Oldest first: a deployment that still watches the group then never sees an older version become the
    # newest.
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group_name, SortBy="CreationTime", SortOrder="Ascending"
    )
    arns = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    for arn in islice(arns, _MOST_DELETES):
        logger.info("deleting model package", extra={"model_package_arn": arn})
        with suppress(MissingError), by_meaning():
            sagemaker.delete_model_package(ModelPackageName=arn)
    if len(arns) > _MOST_DELETES:
        raise BusyError(f"{group_name} has more packages")


def _is_gone(sagemaker: SageMakerClient, group_name: str) -> bool:
    found = sagemaker.describe_model_package_group(ModelPackageGroupName=group_name)
    if found["ModelPackageGroupStatus"] == "DeleteFailed":
        raise PermanentError(f"SageMaker could not delete model package group {group_name}")
    return False
