"""When the limits of a fleet change by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.errors import Problem

# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html; the name that
# is registered starts with the deployment's own prefix.
_NAME = r"(?! )[^\x00-\x1f\x7f-\x9f:/|]{1,200}(?<! )"
_SCHEDULE = r"(at|rate|cron)\(.+\)"


@dataclass(frozen=True, kw_only=True)
class ScheduledScaling:
    """Changes the limits of a fleet at certain times.

    Args:
        name: Name, 1 to 200 characters without ``:``, ``/`` and ``|``, unique within the endpoint.
        schedule: ``at(yyyy-mm-ddThh:mm:ss)``, ``rate(value unit)`` or ``cron(fields)``.
        min_capacity: Fewest instances from then on, at least 0. Default: unchanged.
        max_capacity: Most instances from then on, at least 0. Default: unchanged.
        timezone: IANA name of the time zone of an ``at`` or ``cron`` schedule. Default: UTC.
        start_time: When a recurring schedule begins, with its offset. Default: at once.
        end_time: When a recurring schedule ends, with its offset. Default: never.

    Raises:
        ValidationError: A value is not one that Application Auto Scaling accepts.
        TypeError: A time is not a ``datetime``.
    """

    name: str
    schedule: str
    min_capacity: int | None = None
    max_capacity: int | None = None
    timezone: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("start_time", "end_time"):
            checks.argument_type(f"schedule.{name}", getattr(self, name), (datetime, type(None)))
        checks.raise_problems(self._problems())

    def _problems(self) -> Iterator[Problem | None]:
        yield checks.matches(
            "schedule.name",
            self.name,
            _NAME,
            code="InvalidScheduleName",
            rule="be 1 to 200 characters without ':', '/' and '|'",
            fix="name it after when it applies, such as 'office-hours'",
        )
        yield checks.matches(
            "schedule.schedule",
            self.schedule,
            _SCHEDULE,
            code="InvalidSchedule",
            rule="be at(...), rate(...) or cron(...)",
            fix="use an expression such as 'cron(0 7 ? * MON-FRI *)'",
        )
        for name in ("min_capacity", "max_capacity"):
            yield hosting_checks.optional_whole_number(
                f"schedule.{name}",
                getattr(self, name),
                0,
                None,
                code="InvalidCapacity",
                unit="instances",
                fix="leave it out to keep it as it is",
            )
        if self.min_capacity is None and self.max_capacity is None:
            yield Problem(
                code="NothingToChange",
                parameter="schedule",
                rule="have min_capacity or max_capacity",
                value=self.name,
                fix="say what changes at that time",
            )
        for name in ("start_time", "end_time"):
            value = getattr(self, name)
            if value is not None and value.utcoffset() is None:
                yield Problem(
                    code="AmbiguousTime",
                    parameter=f"schedule.{name}",
                    rule="have an offset",
                    value=value,
                    fix="give tzinfo, such as datetime.UTC",
                )

    def scheduled_action(self) -> dict[str, Any]:
        """Returns the members of a PutScheduledAction request that do not depend on the endpoint."""
        limits = {"MinCapacity": self.min_capacity, "MaxCapacity": self.max_capacity}
        optional = {
            "Timezone": self.timezone,
            "StartTime": None if self.start_time is None else self.start_time.isoformat(),
            "EndTime": None if self.end_time is None else self.end_time.isoformat(),
        }
        return {
            "ScheduledActionName": self.name,
            "Schedule": self.schedule,
            **{key: value for key, value in optional.items() if value is not None},
            "ScalableTargetAction": {key: value for key, value in limits.items() if value is not None},
        }
