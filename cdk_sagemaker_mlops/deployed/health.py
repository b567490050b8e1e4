"""Alarms and dead letters: what says that something needs a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A CloudWatch alarm.

    Args:
        name: Its name.
        state: ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
        since: When it came into that state. Default: not told.
        reason: Why, in the service's words. Default: not told.
    """

    name: str
    state: str
    since: datetime | None = None
    reason: str | None = None


def read_alarms(cloudwatch: Any, names: Iterable[str]) -> tuple[Alarm, ...]:
    """Reads alarms by name; one that does not exist is left out.

    Args:
        cloudwatch: A CloudWatch client.
        names: Their names, 100 at most.
    """
    wanted = sorted(set(names))
    if not wanted:
        return ()
    page = cloudwatch.describe_alarms(AlarmNames=wanted, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return tuple(
        Alarm(
            name=alarm["AlarmName"],
            state=alarm["StateValue"],
            since=alarm.get("StateUpdatedTimestamp"),
            reason=alarm.get("StateReason") or None,
        )
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    )


def stack_alarms(cloudformation: Any, pipeline: DeployedPipeline) -> tuple[str, ...]:
    """Lists the names of the alarms that a pipeline's construct defines."""
    parts = [re.sub(r"[^A-Za-z0-9]", "", part) for part in pipeline.path.split("/")]
    # A logical id begins with the path below the stack, and where that begins the path does not tell.
    prefixes = tuple("".join(parts[start:]) for start in range(1, len(parts)))
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=pipeline.stack)
    return tuple(
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
        and resource["LogicalResourceId"].startswith(prefixes)
    )


def dead_letters(sqs: Any, queue_url: str | None) -> int | None:
    """Counts the triggers that kept failing.

    Args:
        sqs: An SQS client.
        queue_url: URL of the dead-letter queue. ``None`` when the stack tells none.

    Returns:
        ``None`` when there is no such queue.
    """
    if queue_url is None:
        return None
    name = "ApproximateNumberOfMessages"
    try:
        answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
    except ClientError as error:
        if "NonExistentQueue" in error.response["Error"]["Code"]:
            return None
        raise
    return int(answer["Attributes"][name])
