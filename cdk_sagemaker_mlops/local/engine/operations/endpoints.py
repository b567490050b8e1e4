"""Endpoints: created, updated and deleted in the background, by loading the models for real."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.events import endpoint_changed
from cdk_sagemaker_mlops.local.engine.fleets import Fleet, LoadError
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations import endpoint_configs
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation, existing, taken
from cdk_sagemaker_mlops.local.engine.operations.variants import resolve_variants, variant_summaries
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "endpoint"
_BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


def create_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """Starts to create an endpoint: ``Creating``, then ``InService`` or ``Failed``."""
    name = params["EndpointName"]
    refusal = taken(context, KIND, name, "endpoint")
    if refusal is not None:
        raise refusal
    config = _config(context, params)
    arn = context.scope.arn(f"{KIND}/{name}")
    moment = now()
    record: Record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "LastDeploymentConfig": params.get("DeploymentConfig"),
    }
    _use(record, config)
    context.table(KIND)[name] = record
    context.remember_tags(arn, params)
    _enter(context, record, "Creating")
    context.services.background(lambda: _finish_create(context, record, config))
    return {"EndpointArn": arn}


def update_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """Starts to move an endpoint to another config: ``Updating``, then ``InService`` with it or the old."""
    record = existing(context, KIND, params["EndpointName"], "endpoint")
    if record["EndpointStatus"] != "InService":
        raise _refused_change(record, "update")
    config = _config(context, params)
    record["PendingDeploymentSummary"] = {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": variant_summaries(config),
        "StartTime": now(),
    }
    record["LastDeploymentConfig"] = params.get("DeploymentConfig")
    record.pop("FailureReason", None)
    _enter(context, record, "Updating")
    context.services.background(lambda: _finish_update(context, record, config))
    return {"EndpointArn": record["EndpointArn"]}


def delete_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """Starts to delete an endpoint: ``Deleting``, then it is gone."""
    record = existing(context, KIND, params["EndpointName"], "endpoint")
    if record["EndpointStatus"] in _BUSY:
        raise _refused_change(record, "update")
    _enter(context, record, "Deleting")
    context.services.background(lambda: _finish_delete(context, record))
    return {}


def _refused_change(record: Record, verb: str) -> ApiError:
    if record["EndpointStatus"] in _BUSY:
        # The service uses these words for a delete, too.
        return invalid(f'Cannot {verb} in-progress endpoint "{record["EndpointArn"]}".')
    return invalid(
        f'Cannot {verb} endpoint "{record["EndpointArn"]}" with status {record["EndpointStatus"]}.'
    )


def _config(context: Context, params: dict[str, Any]) -> Record:
    # A copy: deleting the config must not disturb a deployment that has begun.
    return dict(existing(context, endpoint_configs.KIND, params["EndpointConfigName"], endpoint_configs.NOUN))


def _use(record: Record, config: Record) -> None:
    record["EndpointConfigName"] = config["EndpointConfigName"]
    record["ProductionVariants"] = variant_summaries(config)
    record["DataCaptureConfig"] = _capture_summary(config)
    record["AsyncInferenceConfig"] = config.get("AsyncInferenceConfig")


def _capture_summary(config: Record) -> dict[str, Any] | None:
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return None
    return {
        "EnableCapture": capture.get("EnableCapture", False),
        # Captured data is not written by the engine, and an endpoint must not say that it is.
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def _enter(context: Context, record: Record, status: str) -> None:
    record["EndpointStatus"] = status
    record["LastModifiedTime"] = now()
    context.emit(endpoint_changed(record, context.services.store.tags(record["EndpointArn"])))


def _load(context: Context, record: Record, config: Record) -> Fleet:
    with context.services.store.lock:
        variants = resolve_variants(context, config)
    return context.services.fleets.load(context.scope, record["EndpointArn"], variants)


def _finish_create(context: Context, record: Record, config: Record) -> None:
    try:
        fleet = _load(context, record, config)
    except LoadError as error:
        with context.services.store.lock:
            record["FailureReason"] = str(error)
            _enter(context, record, "Failed")
        return
    context.services.fleets.serve(record["EndpointArn"], fleet)
    with context.services.store.lock:
        _enter(context, record, "InService")


def _finish_update(context: Context, record: Record, config: Record) -> None:
    try:
        fleet = _load(context, record, config)
    except LoadError as error:
        with context.services.store.lock:
            _enter(context, record, "RollingBack")
            record.pop("PendingDeploymentSummary", None)
            record["FailureReason"] = str(error)
            _enter(context, record, "InService")
        return
    context.services.fleets.serve(record["EndpointArn"], fleet)
    with context.services.store.lock:
        record.pop("PendingDeploymentSummary", None)
        _use(record, config)
        _enter(context, record, "InService")


def _finish_delete(context: Context, record: Record) -> None:
    context.services.fleets.end(record["EndpointArn"])
    with context.services.store.lock:
        del context.table(KIND)[record["EndpointName"]]
        context.services.store.forget_tags(record["EndpointArn"])


def describe_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """An endpoint."""
    return existing(context, KIND, params["EndpointName"], "endpoint")


def list_endpoints(context: Context, params: dict[str, Any]) -> Record:
    """Endpoints."""
    records = context.table(KIND).values()
    return list_records("ListEndpoints", params, records, name="EndpointName", status="EndpointStatus")


OPERATIONS: dict[str, Operation] = {
    "CreateEndpoint": create_endpoint,
    "UpdateEndpoint": update_endpoint,
    "DeleteEndpoint": delete_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
}
