"""What a call to Application Auto Scaling asks of IAM."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.authorization.check import Check
from cdk_sagemaker_mlops.local.engine.scope import Scope

# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
_ENDPOINT_ACTIONS = (
    "sagemaker:DescribeEndpoint",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
)
_ALARM_ACTIONS = ("cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms")


def own_checks(operation: str, target_arn: str, params: dict[str, Any]) -> list[Check]:
    """The call's own action: on the target, unless it only describes.

    Args:
        operation: Name of the operation.
        target_arn: ARN of the target it is about.
        params: The request, not yet checked against the operation's shape.
    """
    resource = "*" if operation.startswith("Describe") else target_arn
    keys = {
        f"application-autoscaling:{key}": str(params[name])
        for name, key in (
            ("ServiceNamespace", "service-namespace"),
            ("ScalableDimension", "scalable-dimension"),
        )
        if name in params
    }
    return [Check(f"application-autoscaling:{operation}", resource, keys)]


def validated_checks(
    scope: Scope, operation: str, params: dict[str, Any], config_name: str | None
) -> list[Check]:
    """What the caller must be allowed in SageMaker and CloudWatch, too.

    Args:
        scope: Account and region of the caller.
        operation: Name of the operation.
        params: The request, checked against the operation's shape.
        config_name: Endpoint config of the endpoint that it is about. ``None``: there is no such endpoint.
    """
    if operation not in ("RegisterScalableTarget", "PutScalingPolicy"):
        return []
    endpoint = scope.arn("/".join(params["ResourceId"].split("/")[:2]))
    checks = [Check(action, endpoint) for action in _ENDPOINT_ACTIONS]
    if config_name is not None:
        checks.append(Check("sagemaker:DescribeEndpointConfig", scope.arn(f"endpoint-config/{config_name}")))
    if params.get("PolicyType") == "TargetTrackingScaling":
        alarm = (
            f"arn:aws:cloudwatch:{scope.region}:{scope.account}:alarm:TargetTracking-{params['ResourceId']}-*"
        )
        checks += [Check(action, alarm) for action in _ALARM_ACTIONS]
    return checks
