"""Pipelines."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid, not_found
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation
from cdk_sagemaker_mlops.local.engine.scope import name_of
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "pipeline"
_REPLACED = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")


def find_pipeline(context: Context, reference: str) -> Record:
    """The pipeline with a name or ARN.

    Raises:
        ApiError: There is none.
    """
    name = name_of(reference)
    for record in context.table(KIND).values():
        # An ARN carries the name in lower case.
        if record["PipelineName"] == name or record["PipelineArn"] == reference:
            return record
    raise not_found(f"Pipeline '{context.scope.arn(f'{KIND}/{name}')}' does not exist.")


def create_pipeline(context: Context, params: dict[str, Any]) -> Record:
    """Registers a pipeline, with its definition given or read from S3."""
    name = params["PipelineName"]
    definition = _definition(context, params)
    if definition is None:
        raise invalid("One of PipelineDefinition and PipelineDefinitionS3Location must be provided.")
    arn = context.scope.arn(f"{KIND}/{name}")
    moment = now()
    with context.services.store.lock:
        if name in context.table(KIND):
            raise invalid(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        context.table(KIND)[name] = {
            "PipelineDisplayName": name,
            **params,
            "PipelineDefinition": definition,
            "PipelineArn": arn,
            "PipelineStatus": "Active",
            "CreationTime": moment,
            "LastModifiedTime": moment,
        }
        context.remember_tags(arn, params)
    return {"PipelineArn": arn}


def _definition(context: Context, params: dict[str, Any]) -> str | None:
    """The definition that a request carries or points at, checked to be one; ``None`` when it has neither."""
    text = params.get("PipelineDefinition")
    location = params.get("PipelineDefinitionS3Location")
    if text is not None and location is not None:
        raise invalid("Only one of PipelineDefinition and PipelineDefinitionS3Location can be provided.")
    if location is not None:
        text = _read_definition(context, location)
    if text is None:
        return None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise invalid(f"Unable to parse pipeline definition. {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Steps"), list):
        raise invalid("Unable to parse pipeline definition. It must be an object with a list of Steps.")
    return str(text)


def _read_definition(context: Context, location: dict[str, Any]) -> str:
    storage = context.services.storage_for(context.scope)
    try:
        return storage.read_text(location["Bucket"], location["ObjectKey"], location.get("VersionId"))
    except (BotoCoreError, ClientError) as error:
        raise invalid(
            f"Unable to read pipeline definition s3://{location['Bucket']}/{location['ObjectKey']}: {error}"
        ) from error


def update_pipeline(context: Context, params: dict[str, Any]) -> Record:
    """Changes what the request names; executions that run keep the definition they began with."""
    definition = _definition(context, params)
    with context.services.store.lock:
        record = find_pipeline(context, params["PipelineName"])
        record.update({key: params[key] for key in _REPLACED if key in params})
        if definition is not None:
            record["PipelineDefinition"] = definition
        record["LastModifiedTime"] = now()
        return {"PipelineArn": record["PipelineArn"]}


def describe_pipeline(context: Context, params: dict[str, Any]) -> Record:
    """A pipeline."""
    if "PipelineVersionId" in params:
        raise invalid("Pipeline versions are not emulated.")
    record = find_pipeline(context, params["PipelineName"])
    return {**record, "LastRunTime": record.get("LastExecutionTime")}


def delete_pipeline(context: Context, params: dict[str, Any]) -> Record:
    """Forgets a pipeline that no execution runs."""
    record = find_pipeline(context, params["PipelineName"])
    running = [
        execution
        for execution in context.table("pipeline-execution").values()
        if execution["PipelineArn"] == record["PipelineArn"]
        and execution["PipelineExecutionStatus"] in ("Executing", "Stopping")
    ]
    if running:
        raise ApiError(
            "ConflictException",
            f"Pipeline {record['PipelineArn']} cannot be deleted while {len(running)} of its executions run.",
        )
    del context.table(KIND)[record["PipelineName"]]
    context.services.store.forget_tags(record["PipelineArn"])
    return {"PipelineArn": record["PipelineArn"]}


def list_pipelines(context: Context, params: dict[str, Any]) -> Record:
    """Pipelines."""
    return list_records("ListPipelines", params, context.table(KIND).values(), name="PipelineName")


OPERATIONS: dict[str, Operation] = {
    "CreatePipeline": create_pipeline,
    "UpdatePipeline": update_pipeline,
    "DescribePipeline": describe_pipeline,
    "DeletePipeline": delete_pipeline,
    "ListPipelines": list_pipelines,
}
