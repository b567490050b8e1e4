"""A stack's alarm on a metric-math expression is refused.

It is kept and shown as it is defined. Nothing computes expressions here: its state is what SetAlarmState
says.
"""

from __future__ import annotations

from typing import Any

# Stands in for the metric while ministack makes the record.
_NO_METRIC = {"MetricName": "none", "Namespace": "none"}


def apply() -> None:
    """Takes alarms with ``Metrics``."""
    from ministack.services.cloudformation import provisioners

    make = provisioners._cw_metric_alarm_record

    def with_metrics(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        metrics = properties.get("Metrics")
        if not metrics:
            made: dict[str, Any] = make(name, properties)
            return made
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm: dict[str, Any] = make(name, {**rest, **_NO_METRIC})
        for member in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions"):
            alarm.pop(member, None)
        return {**alarm, "Metrics": metrics}

    provisioners._cw_metric_alarm_record = with_metrics
