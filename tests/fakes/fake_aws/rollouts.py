"""How endpoints move: statuses and their order, in a test's own time or by the fake's clock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import invalid
from .registry import Registry
from .state import Table

BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
IN_EVENTS = {
    "InService": "IN_SERVICE",
    "RollingBack": "ROLLING_BACK",
    "SystemUpdating": "SYSTEM_UPDATING",
    "OutOfService": "OUT_OF_SERVICE",
    "UpdateRollbackFailed": "UPDATE_ROLLBACK_FAILED",
}
PING = "The container did not pass the ping health check."

WORKS, FAILS, STUCK = "works", "fails", "stuck"
"""How a rollout can end: as asked, back on the old config or ``Failed``, or in ``UpdateRollbackFailed``."""


@dataclass
class Rollout:
    """One CreateEndpoint or UpdateEndpoint that was accepted."""

    endpoint: str
    config: str
    package: str
    creates: bool
    began: datetime
    outcome: str | None = None


class Rollouts(Registry):
    """Endpoints' lives.

    By default a rollout goes on until a test says how it ends: :meth:`settle`, :meth:`roll_back`, :meth:`get_stuck`,
    :meth:`fail`. After :meth:`automate` they end by the clock.
    """

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.models: Table = {}
        self.endpoint_configs: Table = {}
        self.endpoints: Table = {}
        self.alarms: Table = {}
        self.scalable_targets: Table = {}
        self.objects: dict[tuple[str, str], bytes] = {}
        self.rollouts: list[Rollout] = []
        self.deletes_at_once = False
        self._pace: float | None = None
        self._outcome: Callable[[Rollout], str] = lambda _: WORKS
        self._due: dict[str, tuple[datetime, Callable[[str], None]]] = {}

    # What a test says

    def automate(self, outcome: Callable[[Rollout], str], *, seconds: float = 300) -> None:
        """From now on each step of an endpoint takes ``seconds``, and rollouts end as ``outcome`` says."""
        self._pace = seconds
        self._outcome = outcome

    def advance(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self._due:
            name = min(self._due, key=lambda each: self._due[each][0])
            when, step = self._due[name]
            if when > until:
                break
            self.now = max(self.now, when)
            del self._due[name]
            step(name)
        self.now = until

    @property
    def quiet(self) -> bool:
        """Whether no endpoint is on its way by the clock."""
        return not self._due

    def served(self, name: str) -> str:
        """The model package that an endpoint serves, found the way SageMaker finds it."""
        return self.package_of(self.endpoints[name]["EndpointConfigName"])

    def package_of(self, config_name: str) -> str:
        """The model package behind an endpoint config; empty if the model does not come from one."""
        model = self.models[self.endpoint_configs[config_name]["ProductionVariants"][0]["ModelName"]]
        return str(model["Containers"][0].get("ModelPackageName", ""))

    def settle(self, name: str) -> None:
        """Ends what SageMaker is at work on as it should end."""
        endpoint = self.endpoints[name]
        if endpoint["EndpointStatus"] == "Deleting":
            self._tick()
            self._forget(self.endpoints, name, endpoint["EndpointArn"])
            return
        self._changing(self.endpoints, name)
        request = endpoint.pop("request", None)
        if endpoint["EndpointStatus"] in ("Creating", "Updating"):
            self._ended(name, WORKS)
            self._deploy(endpoint, request if request is not None else {})
        endpoint["EndpointConfigName"] = endpoint.pop("pending", endpoint["EndpointConfigName"])
        endpoint.pop("PendingDeploymentSummary", None)
        endpoint.pop("FailureReason", None)
        self._status(name, "InService")

    def roll_back(self, name: str, reason: str | None = None) -> None:
        """Ends an update as SageMaker does when it fails: on the config from before, mostly without a word."""
        self._begin_rollback(name)
        self._end_rollback(name, reason)

    def get_stuck(self, name: str, reason: str = "The rollback failed.") -> None:
        """Ends an update in ``UpdateRollbackFailed``: it serves a mix of both."""
        self._begin_rollback(name, STUCK)
        self._changing(self.endpoints, name)
        self.endpoints[name]["FailureReason"] = reason
        self._status(name, "UpdateRollbackFailed")

    def fail(self, name: str, reason: str = PING) -> None:
        """Ends what SageMaker is at work on in ``Failed``, which only DeleteEndpoint leads out of."""
        self._changing(self.endpoints, name)
        for key in ("pending", "request", "PendingDeploymentSummary"):
            self.endpoints[name].pop(key, None)
        self.endpoints[name]["FailureReason"] = reason
        self._ended(name, FAILS)
        self._status(name, "Failed")

    def set_status(self, name: str, status: str) -> None:
        self._changing(self.endpoints, name)
        self._status(name, status)

    def system_update(self, name: str) -> None:
        """AWS patches a live endpoint, by the clock."""
        self.set_status(name, "SystemUpdating")
        self._later(name, self.settle)

    def scale(self, name: str, count: int) -> None:
        """Autoscaling has moved the endpoint to so many instances."""
        self._changing(self.endpoints, name)
        for variant in self.endpoints[name]["ProductionVariants"]:
            variant.update(CurrentInstanceCount=count, DesiredInstanceCount=count)

    # For the API

    def _begin_creation(self, name: str) -> None:
        endpoint = self.endpoints[name]
        self._begin(name, endpoint["EndpointConfigName"], creates=True)
        endpoint["request"] = {"DeploymentConfig": endpoint.pop("DeploymentConfig", None)}
        self._status(name, "Creating")
        self._later(name, self._end_creation)

    def _begin_update(self, name: str, params: dict[str, Any]) -> None:
        self._changing(self.endpoints, name)
        endpoint = self.endpoints[name]
        config = params["EndpointConfigName"]
        self._begin(name, config, creates=False)
        variants = [
            {"VariantName": each["VariantName"]}
            for each in self.endpoint_configs[config]["ProductionVariants"]
        ]
        summary = {"EndpointConfigName": config, "ProductionVariants": variants, "StartTime": self.now}
        endpoint.update(pending=config, request=params, PendingDeploymentSummary=summary)
        endpoint.pop("FailureReason", None)
        self._status(name, "Updating")
        self._later(name, self._end_update)

    def _begin_deletion(self, name: str) -> None:
        self._changing(self.endpoints, name)
        self._status(name, "Deleting")
        if self.deletes_at_once:
            self.settle(name)
        else:
            self._later(name, self.settle)

    def _movable(self, name: str) -> dict[str, Any]:
        endpoint = self._existing(self.endpoints, "endpoint", "endpoint", name)
        if endpoint["EndpointStatus"] in BUSY:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
        return endpoint

    def _in_use(self) -> dict[str, set[str]]:
        """By endpoint: the configs it serves or is on its way to."""
        return {
            name: {each["EndpointConfigName"], each.get("pending", each["EndpointConfigName"])}
            for name, each in self.endpoints.items()
        }

    def _forget(self, table: Table, name: str, resource_arn: str) -> None:
        self._changing(table, name)
        del table[name]
        del self.tags[resource_arn]

    # Steps

    def _begin(self, name: str, config: str, *, creates: bool) -> None:
        package = self.package_of(config)
        self.rollouts.append(
            Rollout(endpoint=name, config=config, package=package, creates=creates, began=self.now)
        )

    def _ended(self, name: str, outcome: str) -> None:
        for rollout in reversed(self.rollouts):
            if rollout.endpoint == name:
                rollout.outcome = rollout.outcome if rollout.outcome is not None else outcome
                return

    def _later(self, name: str, step: Callable[[str], None]) -> None:
        if self._pace is not None:
            self._due[name] = (self.now + timedelta(seconds=self._pace), step)

    def _end_creation(self, name: str) -> None:
        if self._outcome(self._rollout(name)) == WORKS:
            self.settle(name)
        else:
            self.fail(name)

    def _end_update(self, name: str) -> None:
        outcome = FAILS if self._in_alarm(name) else self._outcome(self._rollout(name))
        if outcome == WORKS:
            self.settle(name)
        elif outcome == STUCK:
            self.get_stuck(name)
        else:
            self._begin_rollback(name)
            self._later(name, self._end_rollback)

    def _in_alarm(self, name: str) -> bool:
        deployment = self.endpoints[name]["request"].get("DeploymentConfig", {})
        alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        return any(self.alarms.get(each["AlarmName"], {}).get("StateValue") == "ALARM" for each in alarms)

    def _begin_rollback(self, name: str, outcome: str = FAILS) -> None:
        self._changing(self.endpoints, name)
        endpoint = self.endpoints[name]
        for key in ("pending", "request", "PendingDeploymentSummary"):
            endpoint.pop(key, None)
        self._ended(name, outcome)
        self._status(name, "RollingBack")

    def _end_rollback(self, name: str, reason: str | None = None) -> None:
        self._changing(self.endpoints, name)
        if reason is not None:
            self.endpoints[name]["FailureReason"] = reason
        self._status(name, "InService")

    def _rollout(self, name: str) -> Rollout:
        return next(each for each in reversed(self.rollouts) if each.endpoint == name)

    def _deploy(self, endpoint: dict[str, Any], request: dict[str, Any]) -> None:
        """Makes the endpoint show what the config asks for and, if so requested, keep what it had."""
        new = self.endpoint_configs[endpoint.get("pending", endpoint["EndpointConfigName"])]
        had = {each["VariantName"]: each for each in endpoint.get("ProductionVariants", [])}
        excluded = {
            each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties", [])
        }
        retained = bool(request.get("RetainAllVariantProperties"))
        endpoint["ProductionVariants"] = [
            _summary(each, had.get(each["VariantName"], {}) if retained else {}, excluded)
            for each in new["ProductionVariants"]
        ]
        if not retained or "DataCaptureConfig" in excluded:
            endpoint.pop("DataCaptureConfig", None)
            if "DataCaptureConfig" in new:
                endpoint["DataCaptureConfig"] = _capture(new["DataCaptureConfig"])
        for key in ("AsyncInferenceConfig",):
            endpoint.pop(key, None)
            if key in new:
                endpoint[key] = copy.deepcopy(new[key])
        deployment = request.get("DeploymentConfig")
        if deployment is not None:
            endpoint["LastDeploymentConfig"] = deployment
        elif not request.get("RetainDeploymentConfig"):
            endpoint.pop("LastDeploymentConfig", None)

    def _status(self, name: str, status: str) -> None:
        endpoint = self.endpoints[name]
        self._due.pop(name, None)
        endpoint.update(EndpointStatus=status, LastModifiedTime=self._tick())
        detail = {
            "EndpointName": name,
            "EndpointArn": endpoint["EndpointArn"],
            "EndpointConfigName": endpoint["EndpointConfigName"],
            "EndpointStatus": IN_EVENTS.get(status, status.upper()),
        }
        self._event("SageMaker Endpoint State Change", detail)


def _summary(variant: dict[str, Any], had: dict[str, Any], excluded: set[str]) -> dict[str, Any]:
    weight = variant.get("InitialVariantWeight", 1.0)
    summary: dict[str, Any] = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if had and "DesiredWeight" not in excluded:
        summary.update(CurrentWeight=had["CurrentWeight"], DesiredWeight=had["DesiredWeight"])
    if "ServerlessConfig" in variant:
        serverless = variant["ServerlessConfig"]
        summary.update(CurrentServerlessConfig=serverless, DesiredServerlessConfig=serverless)
        return summary
    count = variant["InitialInstanceCount"]
    if "DesiredInstanceCount" in had and "DesiredInstanceCount" not in excluded:
        count = had["DesiredInstanceCount"]
    summary.update(CurrentInstanceCount=count, DesiredInstanceCount=count)
    return summary


def _capture(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "EnableCapture": config.get("EnableCapture", True),
        "CaptureStatus": "Started" if config.get("EnableCapture", True) else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
