"""When instances are added to a fleet, and removed from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.config.production_variant import VARIANT_NAME
from cdk_sagemaker_mlops.config.scheduled_scaling import ScheduledScaling
from cdk_sagemaker_mlops.errors import Problem

# Application Auto Scaling, enum MetricStatistic.
_STATISTICS = ("Average", "Minimum", "Maximum", "SampleCount", "Sum")


@dataclass(frozen=True, kw_only=True)
class TargetMetric:
    """A CloudWatch metric of the endpoint that auto scaling keeps at a value, such as its CPU utilisation.

    Args:
        metric_name: Name of the metric, such as ``CPUUtilization``.
        target_value: Value to keep it at, above 0.
        namespace: Namespace of the metric. Default: ``"/aws/sagemaker/Endpoints"``.
        statistic: ``Average``, ``Minimum``, ``Maximum``, ``SampleCount`` or ``Sum``. Default: ``"Average"``.
        unit: CloudWatch unit of the metric. Default: none.
        dimensions: Dimensions of the metric. Default: the endpoint's name and its variant's.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``dimensions`` is not a mapping.
    """

    metric_name: str
    target_value: float
    namespace: str = "/aws/sagemaker/Endpoints"
    statistic: str = "Average"
    unit: str | None = None
    dimensions: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        checks.argument_type(
            "auto_scaling.target_metric.dimensions",
            self.dimensions,
            (Mapping, type(None)),
        )
        checks.raise_problems(
            (
                target_value_problem("auto_scaling.target_metric.target_value", self.target_value),
                checks.one_of(
                    "auto_scaling.target_metric.statistic",
                    self.statistic,
                    _STATISTICS,
                    code="InvalidStatistic",
                    fix="use 'Average' for what each instance measures",
                ),
            )
        )

    def specification(self, endpoint_name: str) -> dict[str, Any]:
        """Returns the ``CustomizedMetricSpecification`` for an endpoint."""
        dimensions = (
            {"EndpointName": endpoint_name, "VariantName": VARIANT_NAME}
            if self.dimensions is None
            else self.dimensions
        )
        specification: dict[str, Any] = {
            "MetricName": self.metric_name,
            "Namespace": self.namespace,
            "Statistic": self.statistic,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        }
        if self.unit is not None:
            specification["Unit"] = self.unit
        return specification


@dataclass(frozen=True, kw_only=True)
class AutoScaling:
    """Adds and removes instances by load, by a timetable, or by both.

    Registered with Application Auto Scaling once the endpoint exists, and removed before it is deleted. The
    counts that it has reached survive updates of the endpoint. CDK tokens are accepted and not checked.

    Args:
        max_capacity: Most instances.
        min_capacity: Fewest instances, at least 1. Default: ``1``.
        invocations_per_instance: Requests a minute that each instance should get. Default: none.
        target_metric: Metric to keep at a value, besides or instead of that. Default: none.
        schedules: Changes of the limits at certain times. Default: none.
        scale_out_cooldown_in_seconds: Pause after adding instances, at least 0. Default: ``300``.
        scale_in_cooldown_in_seconds: Pause after removing instances, at least 0. Default: ``300``.
        disable_scale_in: Only ever add instances. Default: ``False``.

    Raises:
        ValidationError: A value is outside its range, or nothing says when to scale.
        TypeError: An argument has the wrong type.
    """

    max_capacity: int
    min_capacity: int = 1
    invocations_per_instance: float | None = None
    target_metric: TargetMetric | None = None
    schedules: Sequence[ScheduledScaling] = field(default_factory=tuple)
    scale_out_cooldown_in_seconds: int = 300
    scale_in_cooldown_in_seconds: int = 300
    disable_scale_in: bool = False

    def __post_init__(self) -> None:
        checks.argument_type("auto_scaling.target_metric", self.target_metric, (TargetMetric, type(None)))
        checks.argument_type("auto_scaling.schedules", self.schedules, (list, tuple))
        for index, schedule in enumerate(self.schedules):
            checks.argument_type(f"auto_scaling.schedules[{index}]", schedule, ScheduledScaling)
        checks.raise_problems(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield from capacity_problems("auto_scaling", self.min_capacity, self.max_capacity, least=1)
        if self.invocations_per_instance is not None:
            yield target_value_problem("auto_scaling.invocations_per_instance", self.invocations_per_instance)
        for name, value in (
            ("scale_out_cooldown_in_seconds", self.scale_out_cooldown_in_seconds),
            ("scale_in_cooldown_in_seconds", self.scale_in_cooldown_in_seconds),
        ):
            yield hosting_checks.whole_number(
                f"auto_scaling.{name}",
                value,
                0,
                None,
                code="InvalidCooldown",
                unit="seconds",
                fix="choose the pause between two changes",
            )
        if self.invocations_per_instance is None and self.target_metric is None and not self.schedules:
            yield Problem(
                code="NothingToScaleBy",
                parameter="auto_scaling",
                rule="say when to scale",
                value=self,
                fix="give invocations_per_instance, target_metric or schedules",
            )
        names = [schedule.name for schedule in self.schedules]
        if len(set(names)) < len(names):
            yield Problem(
                code="DuplicateSchedule",
                parameter="auto_scaling.schedules",
                rule="have different names",
                value=names,
                fix="give each schedule a name of its own",
            )

    def lowest(self) -> list[int]:
        """Returns every lower limit that the fleet has at some time."""
        limits = [self.min_capacity, *(each.min_capacity for each in self.schedules)]
        return [each for each in limits if each is not None]

    def highest(self) -> list[int]:
        """Returns every upper limit that the fleet has at some time."""
        limits = [self.max_capacity, *(each.max_capacity for each in self.schedules)]
        return [each for each in limits if each is not None]

    def scaling(self, endpoint_name: str) -> dict[str, Any]:
        """Returns what is registered with Application Auto Scaling for an endpoint."""
        return {
            "MinCapacity": self.min_capacity,
            "MaxCapacity": self.max_capacity,
            "TargetTracking": [
                {"PolicyName": name, "TargetTrackingScalingPolicyConfiguration": policy}
                for name, policy in self._policies(endpoint_name)
            ],
            "ScheduledActions": [schedule.scheduled_action() for schedule in self.schedules],
        }

    def _policies(self, endpoint_name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if self.invocations_per_instance is not None:
            yield (
                "InvocationsPerInstance",
                {
                    "TargetValue": self.invocations_per_instance,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                    **self._pauses(),
                },
            )
        if self.target_metric is not None:
            yield (
                "TargetMetric",
                {
                    "TargetValue": self.target_metric.target_value,
                    "CustomizedMetricSpecification": self.target_metric.specification(endpoint_name),
                    **self._pauses(),
                },
            )

    def _pauses(self) -> dict[str, Any]:
        return {
            "ScaleOutCooldown": self.scale_out_cooldown_in_seconds,
            "ScaleInCooldown": self.scale_in_cooldown_in_seconds,
            "DisableScaleIn": self.disable_scale_in,
        }


def target_value_problem(parameter: str, value: object) -> Problem | None:
    """Checks the value that a metric is kept at."""
    if checks.is_token(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 2.0**360:
        return None
    return Problem(
        code="InvalidTargetValue",
        parameter=parameter,
        rule="be a number above 0",
        value=value,
        fix="measure what one instance bears, and leave room",
    )


def capacity_problems(
    parameter: str, min_capacity: object, max_capacity: object, *, least: int
) -> Iterator[Problem | None]:
    """Checks the limits of a fleet, and that the upper one is not below the lower one."""
    code = "InvalidCapacity"
    low = hosting_checks.whole_number(
        f"{parameter}.min_capacity",
        min_capacity,
        least,
        None,
        code=code,
        unit="instances",
        fix="only an AsyncEndpoint scales to zero" if least else "use 0 to pay for requests only",
    )
    high = hosting_checks.whole_number(
        f"{parameter}.max_capacity",
        max_capacity,
        1,
        None,
        code=code,
        unit="instances",
        fix="give the most instances that may run",
    )
    yield low
    yield high
    both = isinstance(min_capacity, int) and isinstance(max_capacity, int)
    if low is None and high is None and both and max_capacity < min_capacity:  # type: ignore[operator]
        yield Problem(
            code=code,
            parameter=f"{parameter}.max_capacity",
            rule=f"be at least min_capacity, which is {min_capacity}",
            value=max_capacity,
            fix="raise max_capacity or lower min_capacity",
        )
