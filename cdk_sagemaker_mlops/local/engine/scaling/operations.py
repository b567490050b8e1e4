"""The operations of Application Auto Scaling that are emulated."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import now
from cdk_sagemaker_mlops.local.engine.scaling import targets
from cdk_sagemaker_mlops.local.engine.scaling.targets import POLICY, SCHEDULED_ACTION
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.store import Record, Store

Operation = Callable[[Store, Scope, dict[str, Any]], Record]

_SERVICE_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_PAGE_SIZE = 50


def service_role_arn(account: str) -> str:
    """The service-linked role that scales endpoints."""
    return f"arn:aws:iam::{account}:{_SERVICE_ROLE}"


def register_scalable_target(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Registers a variant, or changes what its registration says."""
    targets.check_resource(store, scope, params)
    table, key = store.table(scope, targets.KIND), targets.target_key(params)
    before = table.get(key, {})
    record = {"CreationTime": now(), "RoleARN": service_role_arn(scope.account), **before, **params}
    missing = [name for name in ("MinCapacity", "MaxCapacity") if name not in record]
    if missing:
        raise invalid(f"{' and '.join(missing)} must be specified when a target is first registered.")
    if not 0 <= record["MinCapacity"] <= record["MaxCapacity"]:
        raise invalid(
            f"MinCapacity {record['MinCapacity']} must be from 0 to MaxCapacity {record['MaxCapacity']}."
        )
    record.setdefault(
        "ScalableTargetARN",
        f"arn:aws:application-autoscaling:{scope.region}:{scope.account}:scalable-target/{_identifier()}",
    )
    table[key] = record
    return {"ScalableTargetARN": record["ScalableTargetARN"]}


def deregister_scalable_target(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Forgets a target, with its policies and scheduled actions."""
    targets.registered_target(store, scope, params)
    key = targets.target_key(params)
    del store.table(scope, targets.KIND)[key]
    for kind in (POLICY, SCHEDULED_ACTION):
        table = store.table(scope, kind)
        for name in [name for name, record in table.items() if targets.target_key(record) == key]:
            del table[name]
    return {}


def put_scaling_policy(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Keeps a policy of a registered target, in place of one with the same name."""
    targets.registered_target(store, scope, params)
    kind = params.get("PolicyType", "StepScaling")
    if f"{kind}PolicyConfiguration" not in params:
        raise invalid(f"{kind}PolicyConfiguration must be specified for a policy of type {kind}.")
    if params["ServiceNamespace"] == "sagemaker" and kind == "PredictiveScaling":
        raise invalid("Predictive scaling is not supported for service namespace sagemaker.")
    table, key = store.table(scope, POLICY), _child_key(params, "PolicyName")
    before = table.get(key, {})
    if before.get("PolicyType", kind) != kind:
        raise invalid(f"The type of policy {params['PolicyName']} cannot be changed; delete it first.")
    arn = (
        f"arn:aws:autoscaling:{scope.region}:{scope.account}:scalingPolicy:{_identifier()}:"
        f"resource/{params['ServiceNamespace']}/{params['ResourceId']}:policyName/{params['PolicyName']}"
    )
    table[key] = {
        "CreationTime": now(),
        "PolicyARN": arn,
        **before,
        **params,
        "PolicyType": kind,
        "Alarms": [],
    }
    return {"PolicyARN": table[key]["PolicyARN"], "Alarms": []}


def put_scheduled_action(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Keeps a scheduled action of a registered target, in place of one with the same name."""
    targets.registered_target(store, scope, params)
    table, key = store.table(scope, SCHEDULED_ACTION), _child_key(params, "ScheduledActionName")
    before = table.get(key, {})
    if "Schedule" not in {**before, **params}:
        raise invalid("Schedule must be specified when a scheduled action is created.")
    arn = (
        f"arn:aws:autoscaling:{scope.region}:{scope.account}:scheduledAction:{_identifier()}:"
        f"resource/{params['ServiceNamespace']}/{params['ResourceId']}:"
        f"scheduledActionName/{params['ScheduledActionName']}"
    )
    table[key] = {"CreationTime": now(), "ScheduledActionARN": arn, **before, **params}
    return {}


def delete_scaling_policy(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Forgets a policy."""
    return _delete_child(store.table(scope, POLICY), params, "PolicyName", "scaling policy")


def delete_scheduled_action(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Forgets a scheduled action."""
    return _delete_child(
        store.table(scope, SCHEDULED_ACTION), params, "ScheduledActionName", "scheduled action"
    )


def _delete_child(table: dict[str, Record], params: dict[str, Any], name: str, noun: str) -> Record:
    if table.pop(_child_key(params, name), None) is None:
        raise ApiError(
            "ObjectNotFoundException",
            f"No {noun} found for service namespace: {params['ServiceNamespace']}, "
            f"resource ID: {params['ResourceId']}, scalable dimension: {params['ScalableDimension']}, "
            f"name: {params[name]}",
        )
    return {}


def describe_scalable_targets(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Targets."""
    wanted = params.get("ResourceIds")
    found = [
        record
        for record in _matching(store, scope, targets.KIND, params)
        if wanted is None or record["ResourceId"] in wanted
    ]
    return _page("ScalableTargets", found, params)


def describe_scaling_policies(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Policies."""
    return _page("ScalingPolicies", _named(store, scope, POLICY, params, "PolicyName"), params)


def describe_scheduled_actions(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """Scheduled actions."""
    found = _named(store, scope, SCHEDULED_ACTION, params, "ScheduledActionName")
    return _page("ScheduledActions", found, params)


def describe_scaling_activities(_store: Store, _scope: Scope, _params: dict[str, Any]) -> Record:
    """Nothing: nothing is scaled."""
    return {"ScalingActivities": []}


def _matching(store: Store, scope: Scope, kind: str, params: dict[str, Any]) -> list[Record]:
    given = {
        name: params[name]
        for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
        if name in params
    }
    return [
        record
        for record in store.table(scope, kind).values()
        if all(record[name] == value for name, value in given.items())
    ]


def _named(store: Store, scope: Scope, kind: str, params: dict[str, Any], name: str) -> list[Record]:
    wanted = params.get(f"{name}s")
    found = _matching(store, scope, kind, params)
    return found if wanted is None else [record for record in found if record[name] in wanted]


def _page(member: str, records: list[Record], params: dict[str, Any]) -> Record:
    start = int(params.get("NextToken", "0"))
    end = start + min(int(params.get("MaxResults", _PAGE_SIZE)), _PAGE_SIZE)
    return {member: records[start:end], "NextToken": str(end) if end < len(records) else None}


def _child_key(params: dict[str, Any], name: str) -> str:
    return f"{targets.target_key(params)}|{params[name]}"


def _identifier() -> str:
    return str(uuid.uuid4())


OPERATIONS: dict[str, Operation] = {
    "RegisterScalableTarget": register_scalable_target,
    "DeregisterScalableTarget": deregister_scalable_target,
    "DescribeScalableTargets": describe_scalable_targets,
    "PutScalingPolicy": put_scaling_policy,
    "DeleteScalingPolicy": delete_scaling_policy,
    "DescribeScalingPolicies": describe_scaling_policies,
    "DescribeScalingActivities": describe_scaling_activities,
    "PutScheduledAction": put_scheduled_action,
    "DeleteScheduledAction": delete_scheduled_action,
    "DescribeScheduledActions": describe_scheduled_actions,
}
