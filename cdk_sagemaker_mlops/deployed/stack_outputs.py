"""Finds the pipelines of an app in the outputs that its stacks declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.errors import OperationError, Problem

# The description that the construct gives to each of its outputs: the one place where both must agree.
_DESCRIPTION = re.compile(r"(?P<attribute>[A-Za-z]+) of (?P<path>.+) \(cdk-sagemaker-mlops\)")


@dataclass(frozen=True, kw_only=True)
class DeployedPipeline:
    """What one deployed ``MlopsPipeline`` is called in AWS.

    Args:
        path: Path of the construct, such as ``Churn/Mlops``.
        stack: Name of its stack.
        region: Region of its stack.
        pipeline_name: Name of the pipeline.
        model_package_group_name: Name of the model package group.
        endpoint_name: Name of the endpoint. Default: ``None``, it deploys to none.
        artifact_bucket_name: Name of the artifact bucket. Default: ``None``, it declared none.
        dead_letter_queue_url: Where triggers of its deployment end that kept failing. Default: ``None``.
        account: The stack's account. Default: the local engine's.
    """

    path: str
    stack: str
    region: str
    pipeline_name: str
    model_package_group_name: str
    endpoint_name: str | None = None
    artifact_bucket_name: str | None = None
    dead_letter_queue_url: str | None = None
    account: str = "000000000000"


def deployed_pipelines(stacks: Iterable[Mapping[str, Any]]) -> tuple[DeployedPipeline, ...]:
    """Reads the outputs of deployed stacks.

    Args:
        stacks: Stacks as ``DescribeStacks`` returns them.

    Returns:
        Every ``MlopsPipeline`` found, by path.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for stack in stacks:
        for output in stack.get("Outputs", []):
            match = _DESCRIPTION.fullmatch(output.get("Description", ""))
            if match is not None:
                key = (match["path"], stack["StackId"])
                found.setdefault(key, {})[match["attribute"]] = output["OutputValue"]
    complete = {key: values for key, values in found.items() if _is_complete(values)}
    return tuple(_pipeline(path, stack_id, complete[path, stack_id]) for path, stack_id in sorted(complete))


def _is_complete(values: Mapping[str, str]) -> bool:
    return "PipelineName" in values and "ModelPackageGroupName" in values


def _pipeline(path: str, stack_id: str, values: Mapping[str, str]) -> DeployedPipeline:
    # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
    fields = stack_id.split(":", 5)
    return DeployedPipeline(
        path=path,
        stack=fields[5].split("/")[1],
        region=fields[3],
        pipeline_name=values["PipelineName"],
        model_package_group_name=values["ModelPackageGroupName"],
        endpoint_name=values.get("EndpointName"),
        artifact_bucket_name=values.get("ArtifactBucketName"),
        dead_letter_queue_url=values.get("DeadLetterQueueUrl"),
        account=fields[4],
    )


def first_pipeline(pipelines: tuple[DeployedPipeline, ...], stack_names: Iterable[str]) -> DeployedPipeline:
    """Chooses the pipeline to run: the first by path.

    Args:
        pipelines: What was found.
        stack_names: The app's stacks, for the error.

    Raises:
        OperationError: Nothing was found.
    """
    if not pipelines:
        raise OperationError(
            Problem(
                code="NoMlopsPipeline",
                parameter="app",
                rule="define an MlopsPipeline",
                value=sorted(stack_names),
                fix="add MlopsPipeline(stack, 'Mlops', pipeline=StandardPipeline(source_dir=...)) to a stack",
            )
        )
    return pipelines[0]
