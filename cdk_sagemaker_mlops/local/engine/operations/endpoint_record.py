"""How an endpoint's record changes: what it serves, its status, and the event of each status."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.events import endpoint_changed
from cdk_sagemaker_mlops.local.engine.operations.variants import variant_summaries
from cdk_sagemaker_mlops.local.engine.store import Record

# What of a variant's summary an update keeps, by the name that ExcludeRetainedVariantProperties has for it.
_RETAINED = {
    "DesiredInstanceCount": ("CurrentInstanceCount", "DesiredInstanceCount"),
    "DesiredWeight": ("CurrentWeight", "DesiredWeight"),
}
_ALL = 100.0


def enter(context: Context, record: Record, status: str) -> None:
    """Puts an endpoint in a status, and says so."""
    record["EndpointStatus"] = status
    record["LastModifiedTime"] = now()
    context.emit(endpoint_changed(record, context.services.store.tags(record["EndpointArn"])))


def use(record: Record, served: Record) -> None:
    """Makes an endpoint's record say that it serves what :func:`to_serve` gave."""
    record.update(served)


def to_serve(record: Record, config: Record, params: dict[str, Any]) -> Record:
    """What an endpoint's record says once it serves a config.

    Args:
        record: The endpoint; empty when it is new.
        config: The config.
        params: The request, which may ask to retain what the endpoint has now.
    """
    variants = variant_summaries(config)
    capture = _capture_summary(config)
    if params.get("RetainAllVariantProperties", False):
        excluded = {one["VariantPropertyType"] for one in params.get("ExcludeRetainedVariantProperties", [])}
        variants = [_retaining(variant, record, excluded) for variant in variants]
        if "DataCaptureConfig" not in excluded:
            capture = record.get("DataCaptureConfig")
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": variants,
        "DataCaptureConfig": capture,
        "AsyncInferenceConfig": config.get("AsyncInferenceConfig"),
    }


def _retaining(variant: dict[str, Any], record: Record, excluded: set[str]) -> dict[str, Any]:
    had = [one for one in record["ProductionVariants"] if one["VariantName"] == variant["VariantName"]]
    kept = [member for name, members in _RETAINED.items() if name not in excluded for member in members]
    return {**variant, **{member: one[member] for one in had for member in kept if member in one}}


def show_shift(record: Record, served: Record, percent: float, status: str) -> None:
    """Makes an endpoint's record show how far its traffic has moved.

    Args:
        record: The endpoint.
        served: What it will say in the end.
        percent: Share of the new fleet.
        status: What the new fleet's variants do, such as ``Baking``.
    """
    started = record["PendingDeploymentSummary"]["StartTime"]
    record["PendingDeploymentSummary"] = {
        "EndpointConfigName": served["EndpointConfigName"],
        "StartTime": started,
        "ProductionVariants": [
            _at_share(variant, percent, status) for variant in served["ProductionVariants"]
        ],
    }
    record["ProductionVariants"] = [
        _at_share(variant, _ALL - percent, None) for variant in record["ProductionVariants"]
    ]


def _at_share(variant: dict[str, Any], percent: float, status: str | None) -> dict[str, Any]:
    shown = {**variant, "CurrentWeight": variant["DesiredWeight"] * percent / _ALL}
    if status is not None:
        shown["VariantStatus"] = [{"Status": status, "StartTime": now()}]
    return shown


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
