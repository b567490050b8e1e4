"""The range in which SageMaker itself sets the number of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.errors import Problem


@dataclass(frozen=True, kw_only=True)
class ManagedInstanceScaling:
    """Lets SageMaker add and remove instances as the copies of the models on them need it.

    Args:
        max_instance_count: Most instances, at least 1.
        min_instance_count: Fewest instances, at least 0. Default: ``1``.

    Raises:
        ValidationError: A number is out of its range.
    """

    max_instance_count: int
    min_instance_count: int = 1

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                hosting_checks.whole_number(
                    "managed_instance_scaling.max_instance_count",
                    self.max_instance_count,
                    1,
                    None,
                    code="InvalidInstanceCount",
                    unit="instances",
                    fix="give the most instances that may run",
                ),
                hosting_checks.whole_number(
                    "managed_instance_scaling.min_instance_count",
                    self.min_instance_count,
                    0,
                    None,
                    code="InvalidInstanceCount",
                    unit="instances",
                    fix="give the fewest instances that shall run",
                ),
                self._order_problem(),
            )
        )

    def managed_instance_scaling(self) -> dict[str, Any]:
        """Returns the member of a production variant."""
        return {
            "Status": "ENABLED",
            "MinInstanceCount": self.min_instance_count,
            "MaxInstanceCount": self.max_instance_count,
        }

    def _order_problem(self) -> Problem | None:
        known = isinstance(self.min_instance_count, int) and isinstance(self.max_instance_count, int)
        if not known or self.min_instance_count <= self.max_instance_count:
            return None
        return Problem(
            code="InvalidInstanceCount",
            parameter="managed_instance_scaling.max_instance_count",
            rule=f"be at least min_instance_count, which is {self.min_instance_count}",
            value=self.max_instance_count,
            fix="raise max_instance_count or lower min_instance_count",
        )
