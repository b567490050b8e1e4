"""When a rollout is undone: the alarms that watch an endpoint while it moves to a new model."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.errors import Problem

_MOST_EVALUATION_PERIODS = 10


@dataclass(frozen=True, kw_only=True)
class RollbackAlarms:
    """Alarms on an endpoint's metrics; if one goes off while a rollout is watched, SageMaker undoes it.

    Each of them costs about $0.10 a month. An endpoint without traffic raises none. ``None`` leaves an alarm
    out.

    Args:
        invocation_5xx_errors_percent: Share of the requests, in percent, that may end with a server error,
            above 0 to 100. Default: ``5.0``.
        invocation_model_errors_percent: Share of the requests, in percent, that the model may fail, above 0
            to 100. An ``AsyncEndpoint`` has no such metric. Default: ``5.0``.
        model_latency_in_milliseconds: Average time that the model may take, above 0. The default is half of
            what SageMaker allows a request of a real-time endpoint, and is left out for an ``AsyncEndpoint``.
            Default: ``30000``.
        evaluation_periods: Minutes in a row, 1 to 10, that a limit must be exceeded. Default: ``1``.

    Raises:
        ValidationError: A value is outside its range.
    """

    invocation_5xx_errors_percent: float | None = 5.0
    invocation_model_errors_percent: float | None = 5.0
    model_latency_in_milliseconds: float | None = 30_000
    evaluation_periods: int = 1

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                _above_zero("alarms.invocation_5xx_errors_percent", self.invocation_5xx_errors_percent, 100),
                _above_zero(
                    "alarms.invocation_model_errors_percent", self.invocation_model_errors_percent, 100
                ),
                _above_zero("alarms.model_latency_in_milliseconds", self.model_latency_in_milliseconds, None),
                hosting_checks.whole_number(
                    "alarms.evaluation_periods",
                    self.evaluation_periods,
                    1,
                    _MOST_EVALUATION_PERIODS,
                    code="InvalidEvaluationPeriods",
                    unit="minutes",
                    fix="an alarm must go off within the rollout's bake time",
                ),
            )
        )


def _above_zero(parameter: str, value: object, most: float | None) -> Problem | None:
    if value is None or checks.is_token(value):
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and value > 0 and (most is None or value <= most):  # type: ignore[operator]
        return None
    limits = "above 0" if most is None else f"above 0 and at most {most:g}"
    return Problem(
        code="InvalidAlarmThreshold",
        parameter=parameter,
        rule=f"be a number {limits}",
        value=value,
        fix="use None to leave this alarm out",
    )
