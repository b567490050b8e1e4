"""Endpoints: created, updated and deleted in the background, by loading the models for real."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations import endpoint_configs
from cdk_sagemaker_mlops.local.engine.operations.endpoint_record import enter, show_shift, to_serve, use
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation, existing, taken
from cdk_sagemaker_mlops.local.engine.rollouts.plan import Plan, plan_rollout
from cdk_sagemaker_mlops.local.engine.rollouts.refusals import deployment_refusals, update_refusals
from cdk_sagemaker_mlops.local.engine.rollouts.rollout import Rollout, finish_create, finish_update
from cdk_sagemaker_mlops.local.engine.scaling.targets import forget_endpoint, registered_variants
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
    for refused in deployment_refusals(params.get("DeploymentConfig"), config):
        raise refused
    arn = context.scope.arn(f"{KIND}/{name}")
    moment = now()
    record: Record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "LastDeploymentConfig": params.get("DeploymentConfig"),
        "_Config": config,
    }
    served = to_serve(record, config, params)
    use(record, served)
    context.table(KIND)[name] = record
    context.remember_tags(arn, params)
    enter(context, record, "Creating")
    rollout = Rollout(record=record, config=config, served=served, plan=plan_rollout(None, 1))
    context.services.background(lambda: finish_create(context, rollout))
    return {"EndpointArn": arn}


def update_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """Starts to move an endpoint to another config: ``Updating``, then ``InService`` with it or the old."""
    record = existing(context, KIND, params["EndpointName"], "endpoint")
    if record["EndpointStatus"] != "InService":
        raise _refused_change(record, "update")
    config = _config(context, params)
    deployment = params.get("DeploymentConfig")
    if deployment is None and params.get("RetainDeploymentConfig", False):
        deployment = record["LastDeploymentConfig"]
    scaled = registered_variants(context.services.store, context.scope, record["EndpointName"])
    for refused in (
        *deployment_refusals(deployment, config),
        *update_refusals(record["_Config"], config, scaled),
    ):
        raise refused
    served = {**to_serve(record, config, params), "_Config": config, "LastDeploymentConfig": deployment}
    record["PendingDeploymentSummary"] = {"StartTime": now()}
    show_shift(record, served, 0, "Creating")
    record.pop("FailureReason", None)
    enter(context, record, "Updating")
    rollout = Rollout(record=record, config=config, served=served, plan=_plan(deployment, served))
    context.services.background(lambda: finish_update(context, rollout))
    return {"EndpointArn": record["EndpointArn"]}


def _plan(deployment: dict[str, Any] | None, served: Record) -> Plan:
    counts = [variant.get("DesiredInstanceCount", 1) for variant in served["ProductionVariants"]]
    return plan_rollout(deployment, max(1, *counts))


def update_endpoint_weights_and_capacities(context: Context, params: dict[str, Any]) -> Record:
    """Starts to change weights and instance counts: ``Updating``, then ``InService`` with them."""
    record = existing(context, KIND, params["EndpointName"], "endpoint")
    if record["EndpointStatus"] != "InService":
        raise _refused_change(record, "update")
    variants = {variant["VariantName"]: variant for variant in record["ProductionVariants"]}
    for wanted in params["DesiredWeightsAndCapacities"]:
        variant = variants.get(wanted["VariantName"])
        if variant is None:
            raise invalid(f'Variant "{wanted["VariantName"]}" of "{record["EndpointArn"]}" does not exist.')
        variant.update(
            {key: wanted[key] for key in ("DesiredWeight", "DesiredInstanceCount") if key in wanted}
        )
    enter(context, record, "Updating")
    context.services.background(lambda: _finish_capacities(context, record))
    return {"EndpointArn": record["EndpointArn"]}


def _finish_capacities(context: Context, record: Record) -> None:
    fleet = context.services.fleets.serving(record["EndpointArn"])
    with context.services.store.lock:
        for variant in record["ProductionVariants"]:
            variant["CurrentWeight"] = variant["DesiredWeight"]
            if "DesiredInstanceCount" in variant:
                variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"]
        if fleet is not None:
            fleet.reweigh({one["VariantName"]: one["DesiredWeight"] for one in record["ProductionVariants"]})
        enter(context, record, "InService")


def delete_endpoint(context: Context, params: dict[str, Any]) -> Record:
    """Starts to delete an endpoint: ``Deleting``, then it is gone."""
    record = existing(context, KIND, params["EndpointName"], "endpoint")
    if record["EndpointStatus"] in _BUSY:
        raise _refused_change(record, "update")
    enter(context, record, "Deleting")
    context.services.background(lambda: _finish_delete(context, record))
    return {}


def _finish_delete(context: Context, record: Record) -> None:
    context.services.fleets.end(record["EndpointArn"])
    with context.services.store.lock:
        del context.table(KIND)[record["EndpointName"]]
        context.services.store.forget_tags(record["EndpointArn"])
        # SageMaker deregisters what it deletes.
        forget_endpoint(context.services.store, context.scope, record["EndpointName"])


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
    "UpdateEndpointWeightsAndCapacities": update_endpoint_weights_and_capacities,
    "DeleteEndpoint": delete_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
}
