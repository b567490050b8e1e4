"""Follows a decision to the deployer's judgement of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.outcomes import Outcome

Verdict = Literal["Served", "Failed", "Superseded", "Stuck", "Withdrawn", "TimedOut"]

# A registry of another account may refuse the deployer's note; a smoke test may take three minutes.
_PATIENCE_WITHOUT_NOTE = 240.0


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen at one moment.

    Args:
        endpoint: The endpoint. ``None`` when there is none.
        model: The version that should be served.
        served: The version that is served, where it is another one. Default: ``None``.
        dead_letters: Triggers that kept failing. ``None`` when it is not known.
    """

    endpoint: EndpointDetails | None
    model: RegisteredModel
    served: RegisteredModel | None = None
    dead_letters: int | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How it ended.

    Args:
        verdict: In a word.
        text: In a sentence.
    """

    verdict: Verdict
    text: str


def outcome_on(model: RegisteredModel, endpoint_name: str) -> Outcome | None:
    """Finds how a version did on an endpoint."""
    return next((each for each in model.outcomes if each.endpoint == endpoint_name), None)


def judge(first: Look, look: Look, *, endpoint_name: str, seconds: float) -> Judgement | None:
    """Says how a version that should be served did.

    Args:
        first: What was seen before the decision.
        look: What is seen now.
        endpoint_name: Name of the endpoint.
        seconds: How long the endpoint has been settled on that version.

    Returns:
        ``None`` while it is not known yet.
    """
    version = look.model.version
    before, now = outcome_on(first.model, endpoint_name), outcome_on(look.model, endpoint_name)
    settled = look.endpoint is not None and look.endpoint.is_settled
    serves = settled and look.endpoint is not None and look.endpoint.version == version
    if now is not None and (before is None or before.text != now.text):
        if not now.succeeded:
            reason = "no reason is noted" if now.reason is None else now.reason
            return Judgement(verdict="Failed", text=f"Version {version} failed: {reason}.")
        if serves:
            return Judgement(verdict="Served", text=f"Version {version} is served.")
    if serves and (_served_before(first, version, before) or seconds >= _PATIENCE_WITHOUT_NOTE):
        return Judgement(verdict="Served", text=f"Version {version} is served.")
    return _given_up(first, look, settled=settled)


def _served_before(first: Look, version: int, before: Outcome | None) -> bool:
    """Whether nothing had to change: it was served, and judged good, when the decision was made."""
    was = first.endpoint is not None and first.endpoint.version == version
    return was and before is not None and before.succeeded


def _given_up(first: Look, look: Look, *, settled: bool) -> Judgement | None:
    version = look.model.version
    if look.model.approval_status != "Approved":
        text = f"Version {version} is {look.model.approval_status} now: somebody decided anew."
        return Judgement(verdict="Withdrawn", text=text)
    served = look.served
    if settled and served is not None and served.version > version and served.approval_status == "Approved":
        text = f"Version {served.version} is newer, approved and served: reject it to serve {version}."
        return Judgement(verdict="Superseded", text=text)
    if (look.dead_letters or 0) > (first.dead_letters or 0):
        text = "The deployer keeps failing: see its function's log and the dead-letter queue."
        return Judgement(verdict="Stuck", text=text)
    return None


def follow(
    look: Callable[[], Look],
    first: Look,
    *,
    endpoint_name: str,
    on_look: Callable[[Look], None],
    poll_seconds: float,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Judgement:
    """Waits until a version is served or refused.

    Args:
        look: Reads how things are.
        first: What was seen before the decision.
        endpoint_name: Name of the endpoint.
        on_look: Receives everything that was read.
        poll_seconds: Seconds between two looks.
        timeout_seconds: Seconds after which to stop waiting.
        sleep: Waits so many seconds. Default: ``time.sleep``.
        clock: Seconds that only grow. Default: ``time.monotonic``.
    """
    until = clock() + timeout_seconds
    settled_since: float | None = None
    while True:
        seen = look()
        on_look(seen)
        serves = seen.endpoint is not None and seen.endpoint.is_settled
        serves = serves and seen.endpoint is not None and seen.endpoint.version == seen.model.version
        if not serves:
            settled_since = None
        elif settled_since is None:
            settled_since = clock()
        seconds = 0.0 if settled_since is None else clock() - settled_since
        judgement = judge(first, seen, endpoint_name=endpoint_name, seconds=seconds)
        if judgement is not None:
            return judgement
        if clock() >= until:
            text = f"Version {seen.model.version} is neither served nor refused after {timeout_seconds:g} s."
            return Judgement(verdict="TimedOut", text=text)
        sleep(poll_seconds)
