"""Pipeline executions: StartPipelineExecution runs the definition's jobs for real.

A run has a lock of its own and calls back into the control plane, so nothing here asks a run for anything
while it holds the store's lock.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import invalid, not_found
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.events import ENDED, execution_changed
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation
from cdk_sagemaker_mlops.local.engine.operations.pipelines import find_pipeline
from cdk_sagemaker_mlops.local.engine.registry import ScopedRegistry
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "pipeline-execution"
_ID_LENGTH = 12
_ID_LETTERS = string.ascii_lowercase + string.digits


def start_pipeline_execution(context: Context, params: dict[str, Any]) -> Record:
    """Starts a run of a pipeline's definition; the same client token again gives the same execution."""
    if "SelectiveExecutionConfig" in params or "PipelineVersionId" in params:
        raise invalid("Selective execution and pipeline versions are not emulated.")
    with context.services.store.lock:
        pipeline = find_pipeline(context, params["PipelineName"])
        record = _with_token(context, pipeline, params["ClientRequestToken"])
        if record is not None:
            return {"PipelineExecutionArn": record["PipelineExecutionArn"]}
        record = _new_record(pipeline, params)
    arn = record["PipelineExecutionArn"]
    try:
        run = context.services.executions.launch(
            definition=json.loads(record["PipelineDefinition"]),
            parameters={item["Name"]: item["Value"] for item in params.get("PipelineParameters", [])},
            pipeline_name=pipeline["PipelineName"],
            pipeline_arn=pipeline["PipelineArn"],
            execution_arn=arn,
            region=context.scope.region,
            account=context.scope.account,
            role_arn=pipeline["RoleArn"],
            storage=context.services.storage_for(context.scope),
            registry=ScopedRegistry(context.call),
            workdir=context.services.executions.workdir(arn),
            on_change=_watcher(context, record),
            max_parallel_steps=_most_parallel_steps(record),
        )
    except ValueError as error:
        raise invalid(str(error)) from error
    with context.services.store.lock:
        context.table(KIND)[arn] = record
        pipeline["LastExecutionTime"] = record["CreationTime"]
        context.emit(execution_changed(record, previous=None, current="Executing"))
    context.services.executions.add(arn, run)
    run.start()
    return {"PipelineExecutionArn": arn}


def _with_token(context: Context, pipeline: Record, token: str) -> Record | None:
    for record in context.table(KIND).values():
        if record["PipelineArn"] == pipeline["PipelineArn"] and record["_ClientRequestToken"] == token:
            return record
    return None


def _new_record(pipeline: Record, params: dict[str, Any]) -> Record:
    identifier = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    moment = now()
    return {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identifier}",
        "PipelineExecutionDisplayName": params.get("PipelineExecutionDisplayName", f"execution-{identifier}"),
        "PipelineExecutionDescription": params.get("PipelineExecutionDescription"),
        "PipelineExecutionStatus": "Executing",
        "PipelineParameters": params.get("PipelineParameters", []),
        "ParallelismConfiguration": params.get(
            "ParallelismConfiguration", pipeline.get("ParallelismConfiguration")
        ),
        # Kept, because the pipeline may be updated while this runs.
        "PipelineDefinition": pipeline["PipelineDefinition"],
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "_ClientRequestToken": params["ClientRequestToken"],
    }


def _most_parallel_steps(record: Record) -> int | None:
    configuration = record["ParallelismConfiguration"]
    return None if configuration is None else int(configuration["MaxParallelExecutionSteps"])


def _watcher(context: Context, record: Record) -> Callable[[], None]:
    """What a run calls at each change: it only says "look", and the looking is done on another thread."""

    def look() -> None:
        run = context.services.executions.get(record["PipelineExecutionArn"])
        status, reason = run.status, run.failure_reason
        # Before the execution is seen to have ended: who waits for that reads the logs next.
        context.services.executions.publish_logs(context.scope, record["PipelineExecutionArn"])
        with context.services.store.lock:
            previous = record["PipelineExecutionStatus"]
            # Looks overlap, so a late one must not bring an ended execution back.
            if status == previous or previous in ENDED:
                return
            record.update(
                PipelineExecutionStatus=status,
                FailureReason=reason,
                PipelineExecutionFailureReason=reason,
                LastModifiedTime=now(),
            )
            context.emit(execution_changed(record, previous=previous, current=status))

    return lambda: context.services.background(look)


def _find(context: Context, arn: str) -> Record:
    record = context.table(KIND).get(arn.lower())
    if record is None:
        raise not_found(f"Pipeline execution with ARN {arn} does not exist.")
    return record


def describe_pipeline_execution(context: Context, params: dict[str, Any]) -> Record:
    """An execution."""
    with context.services.store.lock:
        return dict(_find(context, params["PipelineExecutionArn"]))


def stop_pipeline_execution(context: Context, params: dict[str, Any]) -> Record:
    """Asks a run to end: ``Stopping``, then ``Stopped``."""
    with context.services.store.lock:
        record = _find(context, params["PipelineExecutionArn"])
        if record["PipelineExecutionStatus"] in ENDED:
            raise invalid(
                f"Pipeline execution with ARN {record['PipelineExecutionArn']} cannot be stopped: "
                f"its status is {record['PipelineExecutionStatus']}."
            )
    context.services.executions.get(record["PipelineExecutionArn"]).stop()
    return {"PipelineExecutionArn": record["PipelineExecutionArn"]}


def list_pipeline_executions(context: Context, params: dict[str, Any]) -> Record:
    """Executions of one pipeline."""
    with context.services.store.lock:
        pipeline = find_pipeline(context, params["PipelineName"])
        found = [
            {**record, "StartTime": record["CreationTime"]}
            for record in context.table(KIND).values()
            if record["PipelineArn"] == pipeline["PipelineArn"]
        ]
    return list_records("ListPipelineExecutions", params, found, name="PipelineExecutionArn")


def list_pipeline_execution_steps(context: Context, params: dict[str, Any]) -> Record:
    """The steps that have begun, newest first unless asked otherwise."""
    if "PipelineExecutionArn" not in params:
        raise invalid("PipelineExecutionArn must be provided.")
    with context.services.store.lock:
        record = _find(context, params["PipelineExecutionArn"])
    steps = context.services.executions.get(record["PipelineExecutionArn"]).steps()
    # Steps have no creation time; what list_records sorts by is the time they began.
    dated = [{**step, "CreationTime": step.get("StartTime", record["CreationTime"])} for step in steps]
    return list_records("ListPipelineExecutionSteps", params, dated, name="StepName")


def describe_pipeline_definition_for_execution(context: Context, params: dict[str, Any]) -> Record:
    """The definition an execution began with."""
    return describe_pipeline_execution(context, params)


def list_pipeline_parameters_for_execution(context: Context, params: dict[str, Any]) -> Record:
    """The parameters an execution was started with, on one page: there are at most 200."""
    return describe_pipeline_execution(context, params)


OPERATIONS: dict[str, Operation] = {
    "StartPipelineExecution": start_pipeline_execution,
    "DescribePipelineExecution": describe_pipeline_execution,
    "StopPipelineExecution": stop_pipeline_execution,
    "ListPipelineExecutions": list_pipeline_executions,
    "ListPipelineExecutionSteps": list_pipeline_execution_steps,
    "DescribePipelineDefinitionForExecution": describe_pipeline_definition_for_execution,
    "ListPipelineParametersForExecution": list_pipeline_parameters_for_execution,
}
