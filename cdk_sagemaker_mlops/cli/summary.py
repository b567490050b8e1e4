"""Words what a run found out, for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from cdk_sagemaker_mlops.local.run_report import RunningEngine, RunReport


def summary(report: RunReport) -> str:
    """Words a whole run, one thing a line."""
    return "\n".join([*_model(report), *_endpoint(report), *_seconds(report), *_running(report)])


def running_text(running: RunningEngine) -> str:
    """Words where an engine is running and how to reach it."""
    lines = [
        f"Running at {running.endpoint_url} with {', '.join(running.stacks)}. To point AWS clients at it:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in sorted(running.environment.items())),
        "",
        "End it with: cdk-mlops local down",
    ]
    return "\n".join(lines)


def _model(report: RunReport) -> Iterator[str]:
    if report.model is None:
        return
    yield f"Model package  version {report.model.version}, {report.model.approval_status}"
    width = max((len(name) for name in report.model.metrics), default=0)
    for name, metric in report.model.metrics.items():
        yield f"    {name:<{width}}  {metric_text(metric)}"


def metric_text(metric: Mapping[str, float]) -> str:
    """Words a metric, such as ``0.9561 ± 0.0134``."""
    value = f"{metric['value']:.4g}"
    return f"{value} ± {metric['standard_deviation']:.2g}" if "standard_deviation" in metric else value


def _endpoint(report: RunReport) -> Iterator[str]:
    if report.endpoint is None:
        return
    yield f"Endpoint       {report.endpoint.name}, {report.endpoint.status}"
    if report.prediction is not None:
        prediction = report.prediction
        told = prediction if isinstance(prediction, str) else json.dumps(prediction, ensure_ascii=False)
        yield f"Prediction     {told}"
        yield f"True label     {'not known' if report.expected is None else report.expected}"


def _seconds(report: RunReport) -> Iterator[str]:
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    yield f"Seconds        {sum(report.seconds.values()):.1f}: {stages}"


def _running(report: RunReport) -> Iterator[str]:
    if report.running is not None:
        yield running_text(report.running)
