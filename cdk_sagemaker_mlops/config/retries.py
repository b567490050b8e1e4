"""When a step of the built-in pipeline is tried again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
_MOST_ATTEMPTS = 20


@dataclass(frozen=True, kw_only=True)
class Retries:
    """Tries a step again that failed for SageMaker's sake, not the script's.

    Every job is tried again after service faults, throttling, internal errors, lack of capacity and reached
    quotas; registering the model after service faults and throttling. A script that fails is not.

    Args:
        max_attempts: Most attempts, 1 to 20. Default: ``5``.
        interval_seconds: Seconds before the first of them, at least 0. Default: ``30``.
        backoff_rate: Factor by which the interval grows each time, at least 0. Default: ``2.0``.

    Raises:
        ValidationError: A value is out of its range.
    """

    max_attempts: int = 5
    interval_seconds: int = 30
    backoff_rate: float = 2.0

    def __post_init__(self) -> None:
        checks.raise_problems(
            [
                stage_checks.whole_number(
                    "retries.max_attempts",
                    self.max_attempts,
                    1,
                    _MOST_ATTEMPTS,
                    code="InvalidMaxAttempts",
                    unit="attempts",
                    fix="leave retries out to try once",
                ),
                stage_checks.whole_number(
                    "retries.interval_seconds",
                    self.interval_seconds,
                    0,
                    None,
                    code="InvalidRetryInterval",
                    unit="seconds",
                    fix="choose the pause before the first retry",
                ),
                _backoff_problem(self.backoff_rate),
            ]
        )


def _backoff_problem(value: object) -> Problem | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return None
    return Problem(
        code="InvalidBackoffRate",
        parameter="retries.backoff_rate",
        rule="be a finite number of at least 0",
        value=value,
        fix="use 2.0 to double the pause each time",
    )
