"""Runs a job, unless an earlier one was given the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_mlops.local.execution.job_digest import job_digest
from cdk_sagemaker_mlops.local.execution.step_cache import FinishedJob
from cdk_sagemaker_mlops.local.execution.step_context import StepContext, StepResult

# Runs the job; returns its properties, and the digest of each object that it stored.
RunJob = Callable[[], tuple[dict[str, Any], dict[str, str]]]


def reuse_or_run(
    arguments: dict[str, Any], context: StepContext, *, metadata: dict[str, Any], run: RunJob
) -> StepResult:
    """Returns the result of the earlier job where the step's ``CacheConfig`` allows it, or runs this one.

    Args:
        arguments: The request, its references resolved.
        context: The step; its folder holds the files fetched for the job, and nothing has changed them.
        metadata: The step's ``Metadata``, if the job runs.
        run: Runs it.

    Raises:
        StepFailedError: The job failed.
        StepStoppedError: The execution was stopped.
    """
    config = context.step.definition.get("CacheConfig") or {}
    if context.cache is None or not config.get("Enabled", False):
        return StepResult(properties=run()[0])
    key = job_digest(arguments, context)
    earlier = context.cache.find(key, expire_after=config.get("ExpireAfter"), storage=context.storage)
    if earlier is not None:
        return StepResult(
            properties=earlier.properties,
            metadata=earlier.metadata,
            source_execution_arn=earlier.execution_arn,
        )
    properties, outputs = run()
    finished = FinishedJob(
        properties=properties,
        metadata=metadata,
        execution_arn=context.execution.arn,
        outputs=outputs,
        ended=datetime.now(UTC),
    )
    context.cache.keep(key, finished)
    return StepResult(properties=properties)
