"""A decision, followed to the deployer's judgement of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails, Rollout
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.outcomes import Outcome
from cdk_sagemaker_mlops.deployed.rollout import Judgement, Look, follow, judge

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def endpoint(version: int, *, status: str = "InService", rollout: int | None = None) -> EndpointDetails:
    going_on = None if rollout is None else Rollout(version=rollout, config="c")
    return EndpointDetails(
        name="churn",
        status=status,
        version=version,
        config="c",
        since=NOW,
        kind="serverless",
        rollout=going_on,
    )


def model(version: int, *, status: str = "Approved", mark: str | None = None) -> RegisteredModel:
    outcomes = ()
    if mark is not None:
        word, _, at = mark.partition(" ")
        reason = "smoke test" if word == "failed" else None
        outcomes = (
            Outcome(
                account="1", region="r", endpoint="churn", status=word, text=f"{word} at={at}", reason=reason
            ),
        )
    return RegisteredModel(arn=f"arn/{version}", version=version, approval_status=status, outcomes=outcomes)


FIRST = Look(endpoint=endpoint(1), model=model(2), dead_letters=1)


def verdict(look: Look, *, first: Look = FIRST, seconds: float = 0) -> str | None:
    judgement = judge(first, look, endpoint_name="churn", seconds=seconds)
    return None if judgement is None else judgement.verdict


@pytest.mark.parametrize(
    "look",
    [
        replace(FIRST, endpoint=None),
        FIRST,
        replace(FIRST, endpoint=endpoint(1, status="Updating", rollout=2)),
        replace(FIRST, endpoint=endpoint(2)),  # it serves, but nobody has said yet that it is good
        replace(
            FIRST, endpoint=endpoint(1), model=model(2, mark="deployed 1")
        ),  # not seen on the endpoint yet
    ],
)
def test_it_is_not_known_before_the_deployer_says_so(look: Look) -> None:
    assert verdict(look) is None


def test_a_note_and_the_endpoint_together_say_that_it_is_served() -> None:
    assert verdict(replace(FIRST, endpoint=endpoint(2), model=model(2, mark="deployed 1"))) == "Served"


def test_a_note_says_that_it_failed_and_why() -> None:
    failed = replace(FIRST, model=model(2, mark="failed 1"))
    assert judge(FIRST, failed, endpoint_name="churn", seconds=0) == Judgement(
        verdict="Failed", text="Version 2 failed: smoke test."
    )


def test_the_note_of_an_earlier_try_does_not_count() -> None:
    first = replace(FIRST, model=model(2, mark="failed 1"))
    assert verdict(first, first=first) is None
    assert verdict(replace(first, model=model(2, mark="failed 2")), first=first) == "Failed"


def test_a_version_that_was_served_and_good_already_stays_so() -> None:
    first = Look(endpoint=endpoint(2), model=model(2, mark="deployed 1"))
    assert verdict(first, first=first) == "Served"


def test_where_no_note_can_be_written_time_tells() -> None:
    served = replace(FIRST, endpoint=endpoint(2))
    assert verdict(served, seconds=200) is None
    assert verdict(served, seconds=240) == "Served"


def test_a_newer_approved_version_stays() -> None:
    look = Look(endpoint=endpoint(3), model=model(2), served=model(3))
    assert verdict(look) == "Superseded"
    assert verdict(replace(look, served=model(3, status="Rejected"))) is None


def test_a_decision_that_somebody_takes_back_ends_it() -> None:
    assert verdict(replace(FIRST, model=model(2, status="Rejected"))) == "Withdrawn"


def test_a_deployer_that_keeps_failing_is_told() -> None:
    assert verdict(replace(FIRST, dead_letters=2)) == "Stuck"


def test_it_is_followed_until_it_is_known() -> None:
    looks = iter(
        [
            FIRST,
            replace(FIRST, endpoint=endpoint(2)),
            replace(FIRST, endpoint=endpoint(2), model=model(2, mark="deployed 1")),
        ]
    )
    seen: list[Look] = []
    waits: list[float] = []
    judgement = follow(
        lambda: next(looks),
        FIRST,
        endpoint_name="churn",
        on_look=seen.append,
        poll_seconds=5,
        timeout_seconds=60,
        sleep=waits.append,
        clock=lambda: 0.0,
    )
    assert (judgement.verdict, len(seen), waits) == ("Served", 3, [5, 5])


def test_waiting_ends() -> None:
    ticks = iter(float(second) for second in range(0, 1000, 30))
    judgement = follow(
        lambda: FIRST,
        FIRST,
        endpoint_name="churn",
        on_look=lambda look: None,
        poll_seconds=5,
        timeout_seconds=60,
        sleep=lambda seconds: None,
        clock=lambda: next(ticks),
    )
    assert judgement.text == "Version 2 is neither served nor refused after 60 s."
