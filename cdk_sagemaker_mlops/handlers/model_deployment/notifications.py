"""People and programs are told how each rollout ended: one message, one event."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import contract
from ..aws_calls import by_meaning, client, patiently
from ..errors import PermanentError, RetryableError
from .settings import Settings

logger = logging.getLogger(__name__)

DEPLOYED, FAILED, ROLLED_BACK, REMOVED = "DEPLOYED", "FAILED", "ROLLED_BACK", "REMOVED"
_LONGEST_SUBJECT = 100
_WHAT = {
    DEPLOYED: "is deployed",
    FAILED: "could not be deployed",
    ROLLED_BACK: "is back in service",
    REMOVED: "is no longer deployed",
}
_TO_DO = {
    DEPLOYED: "Nothing has to be done. To go back, reject this version in the model registry.",
    FAILED: "It is tried again only when you approve the version anew or change the hosting config; "
    "or approve another version.",
    ROLLED_BACK: "Nothing has to be done now. The message before this one says what failed.",
    REMOVED: "No version is approved. To deploy again, approve one.",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How something ended.

    Args:
        status: ``DEPLOYED``, ``FAILED``, ``ROLLED_BACK`` or ``REMOVED``.
        config_name: Endpoint config concerned, or empty.
        package_arn: Model package version concerned, or empty.
        previous: Endpoint config that was in service before, or empty.
        reason: Why it failed, or empty.
        note: What else people should know, or empty.
    """

    status: str
    config_name: str = ""
    package_arn: str = ""
    previous: str = ""
    reason: str = ""
    note: str = ""


def tell(settings: Settings, outcome: Outcome) -> None:
    """Publishes an outcome to the topic and to EventBridge's default bus.

    Args:
        settings: The deployment's.
        outcome: What happened.

    Raises:
        RetryableError: It may be published in a while. What has been published may then be published again.
    """
    logger.info("outcome", extra={"outcome": outcome.status, "endpoint_name": settings.endpoint_name})
    _unless_refused(lambda: _put_event(settings, outcome))
    if settings.topic_arn:
        _unless_refused(lambda: _publish(settings, outcome))


def _unless_refused(send: Callable[[], None]) -> None:
    try:
        patiently(send, on=(RetryableError,))
    except PermanentError:
        # A topic that is gone must not keep models from being deployed.
        logger.exception("an outcome could not be told")


def _publish(settings: Settings, outcome: Outcome) -> None:
    version = outcome.package_arn.rpartition("/")[2] or "?"
    what = "endpoint" if outcome.status == REMOVED else f"version {version}"
    subject = f"{settings.endpoint_name}: {what} {_WHAT[outcome.status]}"
    with by_meaning():
        client("sns").publish(
            TopicArn=settings.topic_arn, Subject=subject[:_LONGEST_SUBJECT], Message=_text(settings, outcome)
        )


def _text(settings: Settings, outcome: Outcome) -> str:
    lines = {
        "Endpoint": settings.endpoint_name,
        "Model package": outcome.package_arn,
        "Endpoint config": outcome.config_name,
        "In service before": outcome.previous,
        "Why": outcome.reason,
        "Note": outcome.note,
    }
    said = "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
    subject = "The endpoint" if outcome.status == REMOVED or not outcome.package_arn else "The model package"
    return f"{subject} {_WHAT[outcome.status]}.\n\n{said}\n\n{_TO_DO[outcome.status]}\n"


def _put_event(settings: Settings, outcome: Outcome) -> None:
    version = outcome.package_arn.rpartition("/")[2]
    detail: dict[str, Any] = {
        "status": outcome.status,
        "endpointName": settings.endpoint_name,
        "endpointConfigName": outcome.config_name,
        "modelPackageArn": outcome.package_arn,
        "modelPackageVersion": int(version) if version.isdecimal() else None,
        "modelPackageGroup": settings.model_package_group,
        "previousEndpointConfigName": outcome.previous,
        "reason": outcome.reason,
    }
    entry = {
        "Source": contract.EVENT_SOURCE,
        "DetailType": contract.EVENT_DETAIL_TYPE,
        "Detail": json.dumps({key: value for key, value in detail.items() if value not in ("", None)}),
    }
    with by_meaning():
        answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RetryableError(
            f"EventBridge did not take the event: {answer['Entries'][0].get('ErrorMessage')}"
        )
