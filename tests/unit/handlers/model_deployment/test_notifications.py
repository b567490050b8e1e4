from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.errors import RetryableError
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.notifications import (
    DEPLOYED,
    FAILED,
    REMOVED,
    ROLLED_BACK,
    Outcome,
    tell,
)
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn-models/7"
FAILURE = Outcome(
    status=FAILED,
    config_name="churn-v7",
    package_arn=ARN,
    previous="churn-v6",
    reason="no ping",
    note="alarm",
)


def test_people_are_told_what_where_why_and_what_to_do(fake: Any, settings: Settings) -> None:
    tell(settings, FAILURE)
    (message,) = fake.messages
    assert message["TopicArn"] == settings.topic_arn
    assert message["Subject"] == "churn: version 7 could not be deployed"
    assert message["Message"] == (
        "The model package could not be deployed.\n\n"
        "Endpoint: churn\n"
        f"Model package: {ARN}\n"
        "Endpoint config: churn-v7\n"
        "In service before: churn-v6\n"
        "Why: no ping\n"
        "Note: alarm\n\n"
        "It is tried again only when you approve the version anew or change the hosting config; "
        "or approve another version.\n"
    )


def test_programs_are_told_by_an_event(fake: Any, settings: Settings) -> None:
    tell(settings, FAILURE)
    (event,) = fake.sent_events
    assert (event["Source"], event["DetailType"]) == (
        "cdk-sagemaker-mlops",
        "Model Deployment State Change",
    )
    assert json.loads(event["Detail"]) == {
        "status": "FAILED",
        "endpointName": "churn",
        "endpointConfigName": "churn-v7",
        "modelPackageArn": ARN,
        "modelPackageVersion": 7,
        "modelPackageGroup": "churn-models",
        "previousEndpointConfigName": "churn-v6",
        "reason": "no ping",
    }


@pytest.mark.parametrize(
    ("status", "subject"),
    [
        (DEPLOYED, "version 7 is deployed"),
        (ROLLED_BACK, "version 7 is back in service"),
        (REMOVED, "endpoint is no longer deployed"),
    ],
)
def test_subjects_are_short_and_plain(fake: Any, settings: Settings, status: str, subject: str) -> None:
    long = replace(settings, endpoint_name="e" * 63)
    tell(long, Outcome(status=status, package_arn=ARN))
    (message,) = fake.messages
    assert message["Subject"] == f"{'e' * 63}: {subject}"
    assert len(message["Subject"]) <= 100


def test_without_a_topic_only_the_event_is_sent(fake: Any, settings: Settings) -> None:
    tell(replace(settings, topic_arn=""), FAILURE)
    assert fake.messages == []
    assert len(fake.sent_events) == 1


def test_an_event_that_eventbridge_does_not_take_is_sent_again(fake: Any, settings: Settings) -> None:
    fake.lose_events = 2
    tell(settings, FAILURE)
    assert len(fake.sent_events) == len(fake.messages) == 1


def test_fails_when_eventbridge_keeps_refusing(fake: Any, settings: Settings) -> None:
    fake.lose_events = 99
    with pytest.raises(RetryableError, match=r"EventBridge did not take the event: Try again\."):
        tell(settings, FAILURE)


def test_a_topic_that_is_gone_keeps_no_model_from_being_deployed(
    fake: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail_next("Publish", "NotFound", "Topic does not exist", status=404)
    tell(settings, FAILURE)
    assert "an outcome could not be told" in caplog.text
    assert len(fake.sent_events) == 1


def test_each_outcome_is_told_once(fake: Any, settings: Settings, deploy: Callable[..., None]) -> None:
    package = fake.register(GROUP, approval="Approved")
    deploy()
    look(settings)
    (message,) = fake.messages
    assert message["Subject"] == "churn: version 1 is deployed"
    metadata = fake.packages[package]["CustomerMetadataProperties"]
    key = "cdk-mlops/123456789012/eu-west-1/churn"
    config = fake.endpoints[ENDPOINT]["EndpointConfigName"]
    assert metadata[key].startswith("deployed at=2026-11-01T")
    assert f" config={config} " in metadata[key]
    assert metadata[f"{key}/reason"] == "in service and answering"
    assert fake.packages[package]["ModelApprovalStatus"] == "Approved"


def test_an_outcome_is_told_again_rather_than_never(fake: Any, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    fake.fail_next("UpdateModelPackage", "InternalFailure", "We are sorry.", status=500)
    with pytest.raises(RetryableError):
        look(settings)
    look(settings)
    assert len(fake.messages) == 2
