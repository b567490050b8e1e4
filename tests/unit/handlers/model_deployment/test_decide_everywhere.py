"""Every combination of a status, and of what is noted on two versions and on the one to go back to."""

from __future__ import annotations

from itertools import product

from cdk_sagemaker_mlops.handlers.model_deployment.decide import decide
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import (
    Candidate,
    CreateEndpoint,
    DeleteEndpoint,
    Endpoint,
    Judge,
    Known,
    Observed,
    Plan,
    RemoveAll,
    ReplaceEndpoint,
    UpdateEndpoint,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.records import Record, Rollout

PLAN = Plan(kind="RealTime", attempt="now", scaling="none", keep_versions="3")
RESTING = ["InService", "UpdateRollbackFailed", "Failed", "OutOfService"]
BUSY = ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting", "Hibernating"]
BEFORE = "before"
NOTED: list[str | None] = [None, BEFORE, *Rollout]


def record(state: str | None, version: int) -> Record | None:
    if state is None:
        return None
    return Record(
        rollout=Rollout.FAILED if state == BEFORE else Rollout(state),
        approval="sunday" if state == BEFORE else "monday",
        attempt="now",
        package_arn=f"arn:group/{version}",
        created=str(version),
        kind="RealTime",
        scaling="none",
        swept="3",
        at=100,
    )


def state_of(
    status: str | None, served: int, notes: dict[int, str | None], approved: list[int], back_to: int | None
) -> Observed:
    candidates = tuple(
        Candidate(
            package_arn=f"arn:group/{number}",
            created=str(number),
            version=number,
            name=f"v{number}",
            approval="monday",
            record=record(notes[number], number),
        )
        for number in approved
    )
    configs = {
        number: Known(name=f"v{number}", version=number, record=record(notes[number], number))
        for number in (1, 2)
    }
    return Observed(
        candidates=candidates,
        endpoint=None
        if status is None
        else Endpoint(status=status, config_name=f"v{served}", owned=True, modified=200),
        served=None if status is None else configs[served],
        fallback=None if back_to is None else configs[back_to],
        approved=frozenset((each.package_arn, each.created) for each in candidates),
    )


ALL_STATES = [
    state_of(status, served, {1: one, 2: two}, approved, back_to)
    for status, served, one, two, approved, back_to in product(
        [None, *RESTING, *BUSY], (1, 2), NOTED, NOTED, ([], [1], [2], [2, 1]), (None, 1, 2)
    )
]


def test_never_changes_a_busy_endpoint() -> None:
    for state in ALL_STATES:
        if state.endpoint is not None and state.endpoint.status not in RESTING:
            assert decide(PLAN, state) == Wait(state.endpoint.status)


def test_never_asks_again_for_what_failed_with_the_same_approval() -> None:
    for state in ALL_STATES:
        decision = decide(PLAN, state)
        if isinstance(decision, CreateEndpoint | UpdateEndpoint | ReplaceEndpoint):
            target = decision.target
            assert target.record is None or target.record != record("failed", target.version), state


def test_never_deletes_an_endpoint_that_serves_something_good() -> None:
    for state in ALL_STATES:
        endpoint, served = state.endpoint, state.served
        if endpoint is None or endpoint.status != "InService" or served is None or served.record is None:
            continue
        if served.record.rollout is Rollout.SUCCEEDED:
            assert not isinstance(decide(PLAN, state), DeleteEndpoint | RemoveAll), state


def test_never_judges_what_is_not_in_service() -> None:
    for state in ALL_STATES:
        decision = decide(PLAN, state)
        if isinstance(decision, Judge):
            assert state.endpoint is not None
            assert (state.endpoint.status, state.endpoint.config_name) == ("InService", decision.config_name)
