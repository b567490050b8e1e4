"""Hosting configs that histories choose from: every aspect that a deployment can be told."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from fake_aws import ACCOUNT

ALARM = "churn-errors"
ARTIFACTS = "churn-artifacts"
REGISTRY_ACCOUNT = "210987654321"
REGISTRY_REGION = "us-east-1"
WORKING_ANSWER = b"good"
BROKEN_TYPE = "ml.p4d.24xlarge"
"""Every rollout on it fails, whatever the package: a hosting config that cannot work."""

_TEST = {"Body": base64.b64encode(b"1,2").decode(), "ContentType": "text/csv", "Expect": {"Contains": "good"}}
_TRACKING = {
    "PolicyName": "invocations",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 100.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}
_ACTION = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2},
}


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """One hosting config.

    Args:
        kind: ``Serverless``, ``RealTime`` or ``Async``.
        size: Memory, or instance type.
        tested: Whether a smoke test judges rollouts.
        scaled: Whether scaling is registered.
        guarded: Whether rollouts are blue/green under an alarm.
        removes: Whether the endpoint goes when no version is approved.
        keep: Deployed versions kept.
        copies: Whether models come from a registry in another region.
    """

    kind: str = "Serverless"
    size: str = "2048"
    tested: bool = False
    scaled: bool = False
    guarded: bool = False
    removes: bool = False
    keep: int = 3
    copies: bool = False

    @property
    def works(self) -> bool:
        return self.size != BROKEN_TYPE

    @property
    def served_as(self) -> tuple[str, str]:
        """What the endpoint config depends on."""
        return (self.kind, self.size)

    def text(self) -> str:
        """``HOSTING``."""
        return json.dumps(self._body())

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Kind": self.kind,
            "ProductionVariant": self._variant(),
            "WhenNoneApproved": "Remove" if self.removes else "Keep",
            "KeepVersions": self.keep,
        }
        if self.kind == "Async":
            body["EndpointConfig"] = {
                "AsyncInferenceConfig": {
                    "OutputConfig": {
                        "S3OutputPath": "s3://churn-async/out",
                        "S3FailurePath": "s3://churn-async/failed",
                    }
                }
            }
        if self.tested:
            body["SmokeTest"] = _TEST
        if self.copies:
            body |= {"ImageRegistries": {REGISTRY_ACCOUNT: ACCOUNT}, "ArtifactBucket": ARTIFACTS}
        if self.kind != "Serverless":
            if self.guarded:
                body["DeploymentConfig"] = _guarded()
            if self.scaled:
                body["Scaling"] = self._scaling()
        return body

    def _variant(self) -> dict[str, Any]:
        if self.kind == "Serverless":
            serverless = {"MemorySizeInMB": int(self.size), "MaxConcurrency": 5}
            return {"VariantName": "AllTraffic", "ServerlessConfig": serverless}
        return {"VariantName": "AllTraffic", "InstanceType": self.size, "InitialInstanceCount": 2}

    def _scaling(self) -> dict[str, Any]:
        zero = self.kind == "Async"
        return {
            "MinCapacity": 0 if zero else 2,
            "MaxCapacity": 4,
            "TargetTracking": [_TRACKING],
            "ScheduledActions": [_ACTION],
            **({"ScaleFromZero": True} if zero else {}),
        }


def _guarded() -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
                "WaitIntervalInSeconds": 60,
            },
            "TerminationWaitInSeconds": 60,
            "MaximumExecutionTimeoutInSeconds": 3600,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]},
    }


SERVERLESS = Hosting()
REAL_TIME = Hosting(kind="RealTime", size="ml.m5.large", guarded=True)
ASYNC = Hosting(kind="Async", size="ml.m5.large")
BROKEN = replace(REAL_TIME, size=BROKEN_TYPE)
