"""How much of a fleet a rollout moves at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.errors import Problem


@dataclass(frozen=True, kw_only=True)
class CapacitySize:
    """A part of an endpoint's fleet, as a share or as a number of instances.

    What a rollout allows depends on its kind and on the fleet, and is checked there.

    Args:
        capacity_percent: Share of the fleet in percent, 1 to 100. Default: none.
        instance_count: Number of instances, at least 1. Default: none.

    Raises:
        ValidationError: Not exactly one of the two is given, or it is out of its range.
    """

    capacity_percent: int | None = None
    instance_count: int | None = None

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                self._one_problem(),
                hosting_checks.optional_whole_number(
                    "capacity_size.capacity_percent",
                    self.capacity_percent,
                    1,
                    100,
                    code="InvalidCapacitySize",
                    unit="percent",
                    fix="give a share of the fleet",
                ),
                hosting_checks.optional_whole_number(
                    "capacity_size.instance_count",
                    self.instance_count,
                    1,
                    None,
                    code="InvalidCapacitySize",
                    unit="instances",
                    fix="give a number of instances",
                ),
            )
        )

    def capacity_size(self) -> dict[str, Any]:
        """Returns the ``CapacitySize`` of SageMaker's API."""
        if self.instance_count is None:
            return {"Type": "CAPACITY_PERCENT", "Value": self.capacity_percent}
        return {"Type": "INSTANCE_COUNT", "Value": self.instance_count}

    def problem(self, parameter: str, *, least: int, most: int, fleet: range | None) -> Problem | None:
        """Checks this against what a rollout allows.

        Args:
            parameter: Path of the parameter that this is the value of.
            least: Smallest share of the fleet, in percent.
            most: Largest share of the fleet, in percent.
            fleet: Every size that the fleet may have; ``None`` if that is known at deployment only.
        """
        size = self.capacity_percent if self.instance_count is None else self.instance_count
        if checks.is_token(size) or size is None:
            return None
        if self.instance_count is None:
            allowed = least <= size <= most
        else:
            allowed = fleet is None or all(
                least * instances <= 100 * size <= most * instances for instances in (fleet[0], fleet[-1])
            )
        if allowed:
            return None
        instances = "" if fleet is None else f" of {_fleet_text(fleet)}"
        return Problem(
            code="InvalidCapacitySize",
            parameter=parameter,
            rule=f"be {least} to {most} percent of the fleet{instances}",
            value=self,
            fix="use CapacitySize(capacity_percent=...), which follows the size of the fleet",
        )

    def _one_problem(self) -> Problem | None:
        if (self.capacity_percent is None) != (self.instance_count is None):
            return None
        return Problem(
            code="InvalidCapacitySize",
            parameter="capacity_size",
            rule="have either capacity_percent or instance_count",
            value=(self.capacity_percent, self.instance_count),
            fix="give exactly one of them",
        )


def _fleet_text(fleet: range) -> str:
    return f"{fleet[0]} instances" if len(fleet) == 1 else f"{fleet[0]} to {fleet[-1]} instances"
