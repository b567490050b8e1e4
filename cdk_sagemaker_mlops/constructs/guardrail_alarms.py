"""The alarms that undo a rollout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.endpoint import AsyncEndpoint, Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.config.rollback_alarms import RollbackAlarms
from cdk_sagemaker_mlops.constructs.endpoint_metrics import EndpointMetrics
from cdk_sagemaker_mlops.errors import Problem

Alarms = RollbackAlarms | Sequence[cloudwatch.IAlarm]

# botocore's sagemaker model: AlarmList.
_MOST_ALARMS = 10
_MICROSECONDS_IN_A_MILLISECOND = 1000


def alarm_problems(endpoint: Endpoint, alarms: Alarms | None) -> Iterator[Problem | None]:
    """Checks that the endpoint's rollouts can be undone by alarms, and by so many.

    Raises:
        TypeError: ``alarms`` is neither thresholds nor a sequence of alarms.
    """
    if alarms is None:
        return
    if not isinstance(alarms, RollbackAlarms):
        checks.argument_type("alarms", alarms, (RollbackAlarms, list, tuple))
        yield _number_problem(alarms)
    wanted = isinstance(alarms, RollbackAlarms) or len(alarms) > 0
    if isinstance(endpoint, ServerlessEndpoint) and wanted:
        yield Problem(
            code="GuardrailsNotSupported",
            parameter="alarms",
            rule="be left out for a ServerlessEndpoint, which is updated without deployment guardrails",
            value=type(alarms).__name__,
            fix="host on a RealTimeEndpoint, or let a smoke_test judge the new model",
        )


def _number_problem(alarms: Sequence[cloudwatch.IAlarm]) -> Problem | None:
    if len(alarms) <= _MOST_ALARMS:
        return None
    return Problem(
        code="TooManyAlarms",
        parameter="alarms",
        rule=f"be at most {_MOST_ALARMS} alarms",
        value=len(alarms),
        fix="combine some of them into a composite alarm",
    )


def guardrail_alarms(
    scope: Construct, endpoint: Endpoint, alarms: Alarms | None, metrics: EndpointMetrics
) -> list[cloudwatch.IAlarm]:
    """Defines the alarms that undo a rollout, or returns the user's own.

    Args:
        scope: Construct that the alarms belong to.
        endpoint: How the model is hosted.
        alarms: Thresholds, or the user's alarms; ``None`` for the default thresholds.
        metrics: Metrics of the endpoint.
    """
    if isinstance(endpoint, ServerlessEndpoint):
        return []
    if alarms is not None and not isinstance(alarms, RollbackAlarms):
        return list(alarms)
    thresholds = _default_thresholds(endpoint) if alarms is None else alarms
    return [
        cloudwatch.Alarm(
            scope,
            f"{metric.metric_name}Alarm",
            alarm_description=f"{description}; a rollout of {metrics.endpoint_name} in progress is undone",
            metric=metric,
            threshold=threshold,
            evaluation_periods=thresholds.evaluation_periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        for metric, threshold, description in _watched(endpoint, thresholds, metrics)
    ]


def _default_thresholds(endpoint: Endpoint) -> RollbackAlarms:
    # Requests of an asynchronous endpoint may take up to an hour.
    if isinstance(endpoint, AsyncEndpoint):
        return RollbackAlarms(model_latency_in_milliseconds=None)
    return RollbackAlarms()


def _watched(
    endpoint: Endpoint, thresholds: RollbackAlarms, metrics: EndpointMetrics
) -> Iterator[tuple[cloudwatch.Metric, float, str]]:
    # SageMaker sends a 1 for each failed request and a 0 for each other one: their average is the share.
    if thresholds.invocation_5xx_errors_percent is not None:
        share = thresholds.invocation_5xx_errors_percent
        metric = metrics.metric_invocation_5xx_errors().with_(statistic="Average")
        yield metric, share / 100, f"More than {share:g} % of the requests end with a server error"
    # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html lists what there is.
    if thresholds.invocation_model_errors_percent is not None and not isinstance(endpoint, AsyncEndpoint):
        share = thresholds.invocation_model_errors_percent
        metric = metrics.metric_invocation_model_errors().with_(statistic="Average")
        yield metric, share / 100, f"The model fails more than {share:g} % of the requests"
    if thresholds.model_latency_in_milliseconds is not None:
        latency = thresholds.model_latency_in_milliseconds
        yield (
            metrics.metric_model_latency(),
            latency * _MICROSECONDS_IN_A_MILLISECOND,
            f"The model takes more than {latency:g} ms on average",
        )
