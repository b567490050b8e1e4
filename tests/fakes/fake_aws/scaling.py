"""Application Auto Scaling's targets, policies and scheduled actions; CloudWatch's alarms."""

from __future__ import annotations

from typing import Any

from .errors import ApiError, invalid
from .rollouts import Rollouts
from .state import ACCOUNT, page

_DIMENSIONS = {
    "sagemaker:variant:DesiredInstanceCount": "InstanceType",
    "sagemaker:variant:DesiredProvisionedConcurrency": "ServerlessConfig",
}


def _missing(resource_id: str) -> ApiError:
    return ApiError(
        "ObjectNotFoundException",
        f"No scalable target found for service namespace: sagemaker, resource ID: {resource_id}, "
        "scalable dimension: sagemaker:variant:DesiredInstanceCount",
    )


class Scaling(Rollouts):
    """What scales endpoints, and what watches them."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.scaling_policies: dict[tuple[str, str], dict[str, Any]] = {}
        self.scheduled_actions: dict[tuple[str, str], dict[str, Any]] = {}

    # What a test says

    def set_alarm(self, name: str, state: str) -> None:
        """Defines an alarm if there is none, and puts it in a state: ``OK``, ``ALARM``, ``INSUFFICIENT_DATA``."""
        self.alarms.setdefault(name, {"AlarmName": name})["StateValue"] = state

    # Targets

    def _register_scalable_target(self, params: dict[str, Any]) -> dict[str, Any]:
        resource_id = params["ResourceId"]
        variant, endpoint = self._variant(params)
        old = self.scalable_targets.get(resource_id, {})
        least = params.get("MinCapacity", old.get("MinCapacity"))
        most = params.get("MaxCapacity", old.get("MaxCapacity"))
        if least is None or most is None:
            raise invalid("MinCapacity and MaxCapacity are required to register a scalable target.")
        if least > most or most < 1:
            raise invalid(f"Maximum capacity {most} cannot be less than minimum capacity {least}, nor 0.")
        if least == 0 and "AsyncInferenceConfig" not in endpoint:
            raise invalid("MinCapacity 0 is allowed for asynchronous endpoints only.")
        if variant.get("InstanceType", "").startswith("ml.t"):
            raise invalid(f"Instance type {variant['InstanceType']} does not support auto scaling.")
        self._tick()
        self.scalable_targets[resource_id] = {
            "ServiceNamespace": params["ServiceNamespace"],
            "ResourceId": resource_id,
            "ScalableDimension": params["ScalableDimension"],
            "MinCapacity": least,
            "MaxCapacity": most,
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling",
            "CreationTime": old.get("CreationTime", self.now),
        }
        for each in endpoint["ProductionVariants"]:
            if each["VariantName"] == variant["VariantName"] and "DesiredInstanceCount" in each:
                count = min(max(each["DesiredInstanceCount"], least), most)
                each.update(DesiredInstanceCount=count, CurrentInstanceCount=count)
        return {
            "ScalableTargetARN": f"arn:aws:application-autoscaling:{self.region}:{ACCOUNT}:scalable-target/1"
        }

    def _variant(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        _, name, _, variant_name = f"{params['ResourceId']}///".split("/")[:4]
        endpoint = self.endpoints.get(name, {})
        config = self.endpoint_configs.get(endpoint.get("EndpointConfigName", ""), {"ProductionVariants": []})
        shown = [each["VariantName"] for each in endpoint.get("ProductionVariants", [])]
        found = [each for each in config["ProductionVariants"] if each["VariantName"] == variant_name]
        if not found or variant_name not in shown:
            raise invalid(f"Endpoint variant not found: {params['ResourceId']}")
        if _DIMENSIONS.get(params["ScalableDimension"]) not in found[0]:
            raise invalid(f"{params['ScalableDimension']} does not fit variant {variant_name}.")
        return found[0], endpoint

    def _deregister_scalable_target(self, params: dict[str, Any]) -> dict[str, Any]:
        resource_id = params["ResourceId"]
        if resource_id not in self.scalable_targets:
            raise _missing(resource_id)
        self._tick()
        del self.scalable_targets[resource_id]
        for table in (self.scaling_policies, self.scheduled_actions):
            for key in [key for key in table if key[0] == resource_id]:
                del table[key]
        return {}

    def _describe_scalable_targets(self, params: dict[str, Any]) -> dict[str, Any]:
        wanted = params.get("ResourceIds")
        found = [
            each for each in self.scalable_targets.values() if wanted is None or each["ResourceId"] in wanted
        ]
        return page("ScalableTargets", found, params, most=50)

    # Policies and schedules

    def _put_scaling_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        resource_id = params["ResourceId"]
        if resource_id not in self.scalable_targets:
            raise _missing(resource_id)
        kinds = {
            "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
            "StepScaling": "StepScalingPolicyConfiguration",
        }
        key = (resource_id, params["PolicyName"])
        kind = params.get("PolicyType", "StepScaling" if key not in self.scaling_policies else None)
        if kinds.get(kind or "") not in params:
            raise invalid(f"{kinds.get(kind or '')} is required for policy type {kind}.")
        if key in self.scaling_policies and self.scaling_policies[key]["PolicyType"] != kind:
            raise invalid("The policy type of a policy cannot be changed.")
        self._tick()
        policy_arn = (
            f"arn:aws:autoscaling:{self.region}:{ACCOUNT}:scalingPolicy:1:policyName/{params['PolicyName']}"
        )
        self.scaling_policies[key] = {**params, "PolicyARN": policy_arn, "CreationTime": self.now}
        return {"PolicyARN": policy_arn, "Alarms": []}

    def _delete_scaling_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._delete_scaling(self.scaling_policies, params, "PolicyName", "scaling policy")

    def _describe_scaling_policies(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._scaling("ScalingPolicies", self.scaling_policies, params, "PolicyNames")

    def _put_scheduled_action(self, params: dict[str, Any]) -> dict[str, Any]:
        resource_id = params["ResourceId"]
        if resource_id not in self.scalable_targets:
            raise _missing(resource_id)
        if not params.get("Schedule", "").startswith(("cron(", "rate(", "at(")):
            raise invalid("Schedule must be a cron, rate or at expression.")
        self._tick()
        action_arn = (
            f"arn:aws:autoscaling:{self.region}:{ACCOUNT}:scheduledAction:1:{params['ScheduledActionName']}"
        )
        self.scheduled_actions[(resource_id, params["ScheduledActionName"])] = {
            **params,
            "ScheduledActionARN": action_arn,
            "CreationTime": self.now,
        }
        return {}

    def _delete_scheduled_action(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._delete_scaling(self.scheduled_actions, params, "ScheduledActionName", "scheduled action")

    def _describe_scheduled_actions(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._scaling("ScheduledActions", self.scheduled_actions, params, "ScheduledActionNames")

    def _delete_scaling(
        self, table: dict[tuple[str, str], dict[str, Any]], params: dict[str, Any], name: str, words: str
    ) -> dict[str, Any]:
        if table.pop((params["ResourceId"], params[name]), None) is None:
            raise ApiError(
                "ObjectNotFoundException",
                f"No {words} found for service namespace: sagemaker, resource ID: {params['ResourceId']}, "
                f"name: {params[name]}",
            )
        self._tick()
        return {}

    def _scaling(
        self, key: str, table: dict[tuple[str, str], dict[str, Any]], params: dict[str, Any], names: str
    ) -> dict[str, Any]:
        resource_id, wanted = params.get("ResourceId"), params.get(names)
        found = [
            each
            for (of, name), each in table.items()
            if (resource_id is None or of == resource_id) and (wanted is None or name in wanted)
        ]
        return page(key, found, params, most=50)

    # Alarms

    def _put_metric_alarm(self, params: dict[str, Any]) -> dict[str, Any]:
        for key in ("EvaluationPeriods", "ComparisonOperator"):
            if key not in params:
                raise ApiError("ValidationError", f"The parameter {key} is required.")
        if ("MetricName" in params) == ("Metrics" in params):
            raise ApiError("ValidationError", "Exactly one of MetricName and Metrics must be specified.")
        self._tick()
        state = self.alarms.get(params["AlarmName"], {}).get("StateValue", "INSUFFICIENT_DATA")
        self.alarms[params["AlarmName"]] = {**params, "StateValue": state}
        return {}

    def _delete_alarms(self, params: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in params["AlarmNames"] if name not in self.alarms]
        if missing:
            # One that does not exist, and none is deleted.
            raise ApiError("ResourceNotFound", f"Unknown alarms: {missing}", 404)
        self._tick()
        for name in params["AlarmNames"]:
            self.alarms.pop(name, None)
        return {}

    def _describe_alarms(self, params: dict[str, Any]) -> dict[str, Any]:
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise ApiError("ValidationError", "AlarmNames and AlarmNamePrefix cannot both be specified.")
        names, prefix, state = (
            params.get("AlarmNames"),
            params.get("AlarmNamePrefix", ""),
            params.get("StateValue"),
        )
        found = [
            {"AlarmName": name, "StateValue": each["StateValue"]}
            for name, each in self.alarms.items()
            if (names is None or name in names)
            and name.startswith(prefix)
            and state in (None, each["StateValue"])
        ]
        return page("MetricAlarms", found, params, size="MaxRecords", most=50)
