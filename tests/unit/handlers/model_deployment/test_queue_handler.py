from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.queue_handler import handler

EVENTS = Path(__file__).parents[3] / "events"
GROUP = "churn-models"
ENDPOINT = "churn"
NONE_FAILED: dict[str, Any] = {"batchItemFailures": []}

pytestmark = pytest.mark.usefixtures("environment")


def sqs_event(name: str = "sqs_trigger_batch") -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def all_failed(event: dict[str, Any]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}


def test_looks_once_for_a_whole_batch(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = sqs_event()
    assert len(event["Records"]) > 1
    assert handler(event, None) == NONE_FAILED
    assert len(fake.called("CreateEndpoint")) == len(fake.called("ListModelPackages")) == 1


def test_deploys_what_the_registry_says_not_what_the_message_says(fake: Any) -> None:
    fake.register(GROUP)
    event = sqs_event()
    # A forged approval of version 1, as anyone who may put events could send it.
    event["Records"][0]["body"] = (EVENTS / "model_package_approved.json").read_text()
    assert handler(event, None) == NONE_FAILED
    assert fake.changes == []


def test_a_busy_endpoint_is_left_to_its_own_event(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    handler(sqs_event(), None)
    assert handler(sqs_event(), None) == NONE_FAILED


def test_the_messages_come_back_while_an_endpoint_is_being_deleted(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    handler(sqs_event(), None)
    fake.set_status(ENDPOINT, "Deleting")
    event = sqs_event()
    assert handler(event, None) == all_failed(event)


def test_a_failed_rollout_is_logged_and_its_message_is_done(
    fake: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fake.register(GROUP, approval="Approved")
    handler(sqs_event(), None)
    fake.fail(ENDPOINT, "The container did not answer the ping.")
    fake.deletes_at_once = True
    assert handler(sqs_event(), None) == NONE_FAILED
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2
    for error in errors:
        assert "The container did not answer the ping." in error.getMessage()
        assert error.__dict__["endpoint_name"] == ENDPOINT


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("ThrottlingException", "Rate exceeded", 400),
        ("InternalFailure", "We are sorry.", 500),
        ("ValidationException", 'Could not find endpoint configuration "arn".', 400),
        ("AccessDeniedException", "User is not authorized", 400),
    ],
)
def test_all_messages_come_back_when_looking_fails(
    fake: Any, caplog: pytest.LogCaptureFixture, code: str, message: str, status: int
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateEndpoint", code, message, status=status, times=99)
    event = sqs_event()
    assert handler(event, None) == all_failed(event)
    assert message in caplog.text


def test_what_is_still_not_allowed_at_the_last_try_is_refused(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateModel", "ValidationException", "Could not access model data at s3://b/k.", times=99)
    event = sqs_event()
    assert handler(event, None) == all_failed(event)
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = "3"
    assert handler(event, None) == NONE_FAILED
    (message,) = fake.messages
    assert "Could not access model data" in message["Message"]


def test_events_alone_carry_approvals_through_to_the_newest_version(fake: Any) -> None:
    """Only the events that SageMaker sends drive the handler here, as they do in AWS."""

    def deliver() -> None:
        while fake.events:
            fake.events.pop(0)
            assert handler(sqs_event(), None) == NONE_FAILED

    packages = [fake.register(GROUP, approval="Approved") for _ in range(3)]
    deliver()
    assert [*fake.endpoints] == [ENDPOINT]
    fake.settle(ENDPOINT)
    deliver()
    packages.append(fake.register(GROUP, approval="Approved"))
    deliver()
    packages.append(fake.register(GROUP, approval="Approved"))
    deliver()
    fake.settle(ENDPOINT)
    deliver()
    fake.settle(ENDPOINT)
    deliver()
    config = fake.endpoint_configs[fake.endpoints[ENDPOINT]["EndpointConfigName"]]
    model = fake.models[config["ProductionVariants"][0]["ModelName"]]
    assert model["Containers"] == [{"ModelPackageName": packages[-1]}]
    assert fake.endpoints[ENDPOINT]["EndpointStatus"] == "InService"


def test_a_rollback_does_not_loop_through_its_own_events(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    handler(sqs_event(), None)
    fake.settle(ENDPOINT)
    fake.register(GROUP, approval="Approved")
    for _ in range(20):
        if not fake.events:
            break
        fake.events.pop(0)
        handler(sqs_event(), None)
        if "pending" in fake.endpoints[ENDPOINT]:
            fake.roll_back(ENDPOINT)
    assert fake.events == []
    assert len(fake.called("UpdateEndpoint")) == 1
