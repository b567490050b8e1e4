from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.decide import decide, fallback_name
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import (
    Action,
    ApplyScaling,
    Candidate,
    CreateEndpoint,
    DeleteEndpoint,
    Endpoint,
    Failed,
    Idle,
    Judge,
    Known,
    NoteFailure,
    Observed,
    Plan,
    RemoveAll,
    ReplaceEndpoint,
    Rest,
    Settled,
    Sweep,
    UpdateEndpoint,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.records import Record, Rollout

PLAN = Plan(kind="RealTime", attempt="now", scaling="none", keep_versions="3")
BUSY = ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
RESTING = ["InService", "UpdateRollbackFailed", "Failed", "OutOfService"]


def record(rollout: str, version: int = 2, **changes: Any) -> Record:
    members: dict[str, Any] = {
        "approval": "monday",
        "attempt": "now",
        "package_arn": f"arn:group/{version}",
        "created": str(version),
        "kind": "RealTime",
        "scaling": "none",
        "swept": "3",
        "at": 100,
        **changes,
    }
    return Record(rollout=Rollout(rollout), **members)


FAILED_BEFORE = record("failed", approval="sunday")
FAILED_OTHERWISE = record("failed", attempt="then")


def version(number: int, noted: Record | None = None, *, name: str = "") -> Candidate:
    return Candidate(
        package_arn=f"arn:group/{number}",
        created=str(number),
        version=number,
        name=name or f"v{number}",
        approval="monday",
        record=noted,
    )


def known(number: int, noted: Record | None, *, name: str = "") -> Known:
    return Known(name=name or f"v{number}", version=number, record=noted)


def seen(
    *candidates: Candidate,
    on: Known | None = None,
    status: str = "InService",
    reason: str = "",
    modified: int = 200,
    fallback: Known | None = None,
    also_approved: tuple[int, ...] = (),
) -> Observed:
    endpoint = None
    if on is not None:
        endpoint = Endpoint(
            status=status, config_name=on.name, owned=True, failure_reason=reason, modified=modified
        )
    approved = {(each.package_arn, each.created) for each in candidates}
    approved |= {(f"arn:group/{each}", str(each)) for each in also_approved}
    return Observed(
        candidates=candidates, endpoint=endpoint, served=on, fallback=fallback, approved=frozenset(approved)
    )


def failed(why: str, name: str = "v2") -> Failed:
    number = name.removeprefix("v").partition("-")[0]
    return Failed(
        f"RolloutFailed: arn:group/{number} could not be deployed with endpoint config {name}: {why}; "
        "approve the package anew to try again, approve another version, or change the hosting config",
        name,
    )


TWO = version(2)
BAD = record("failed", reason="ping", previous="v1")
GOOD_1 = known(1, record("succeeded", 1))
GOOD_2 = known(2, record("succeeded"))
TWO_GOOD = version(2, GOOD_2.record)
SETTLED = Settled(package_arn="arn:group/2", config_name="v2")


@pytest.mark.parametrize(
    ("what_is", "decision"),
    [
        # Nothing is approved: what serves keeps serving.
        (seen(), Idle()),
        (seen(on=GOOD_1), Idle()),
        (seen(on=GOOD_1, status="Failed"), Idle()),
        (seen(on=known(1, record("requested", 1))), Judge("v1")),
        # Nothing is approved, and what serves does not work.
        (seen(on=known(1, record("failed", 1))), DeleteEndpoint("InService")),
        (seen(on=known(1, record("failed", 1)), status="Failed"), DeleteEndpoint("Failed")),
        # There is no endpoint.
        (seen(TWO), CreateEndpoint(TWO)),
        (seen(version(2, record("requested"))), CreateEndpoint(version(2, record("requested")))),
        (seen(TWO_GOOD), CreateEndpoint(TWO_GOOD)),
        (seen(version(2, FAILED_BEFORE)), CreateEndpoint(version(2, FAILED_BEFORE))),
        (seen(version(2, FAILED_OTHERWISE)), CreateEndpoint(version(2, FAILED_OTHERWISE))),
        (seen(version(2, BAD)), failed("ping")),
        (seen(version(2, BAD), version(1)), CreateEndpoint(version(1))),
        (seen(version(2, BAD), version(1, record("failed", 1))), failed("ping")),
        # It serves the newest version.
        (
            seen(version(2, record("prepared")), on=known(2, record("prepared"))),
            Judge("v2", version(2, record("prepared"))),
        ),
        (
            seen(version(2, record("requested")), on=known(2, record("requested"))),
            Judge("v2", version(2, record("requested"))),
        ),
        (seen(TWO_GOOD, on=GOOD_2), SETTLED),
        # It served it before and failed, and was approved anew: it is judged anew where it is.
        (seen(version(2, FAILED_BEFORE), on=known(2, FAILED_BEFORE)), Judge("v2", version(2, FAILED_BEFORE))),
        # It serves another version.
        (seen(TWO, on=GOOD_1), UpdateEndpoint(TWO)),
        (seen(TWO_GOOD, on=GOOD_1), UpdateEndpoint(TWO_GOOD)),
        (seen(version(1), on=GOOD_2), UpdateEndpoint(version(1))),
        (seen(version(2, FAILED_BEFORE), on=GOOD_1), UpdateEndpoint(version(2, FAILED_BEFORE))),
        (seen(TWO, on=known(1, record("requested", 1))), Judge("v1")),
        # Its endpoint config was deleted by hand.
        (seen(TWO, on=known(1, None)), UpdateEndpoint(TWO)),
        (seen(TWO, on=known(2, None)), UpdateEndpoint(TWO)),
        (seen(version(2, BAD), on=known(1, None)), failed("ping")),
        # A silent rollback: the version was asked for, and something else is in service.
        (
            seen(version(2, record("requested")), on=GOOD_1),
            NoteFailure("v2", "SageMaker went back to v1", version(2, record("requested"))),
        ),
        (
            seen(version(2, record("requested")), on=GOOD_1, reason="alarm"),
            NoteFailure("v2", "alarm", version(2, record("requested"))),
        ),
        # SageMaker still shows how it was before the request.
        (seen(version(2, record("requested")), on=GOOD_1, modified=99), Wait("Updating")),
        # After it: the one below stays, or is served as the stack asks for.
        (seen(version(2, BAD), version(1, GOOD_1.record), on=GOOD_1), failed("ping")),
        (
            seen(version(2, BAD), version(1, name="v1-new"), on=GOOD_1),
            UpdateEndpoint(version(1, name="v1-new")),
        ),
        # A hosting config that failed is no reason to serve an older version.
        (
            seen(
                version(2, record("failed", reason="ping"), name="v2-new"),
                version(1, name="v1-new"),
                on=GOOD_2,
            ),
            failed("ping", "v2-new"),
        ),
        # Unless the version that serves is not approved any more.
        (
            seen(version(3, record("failed", 3)), version(1), on=GOOD_2),
            UpdateEndpoint(version(1)),
        ),
        # The smoke test failed: back to what was in service before, without trying anything new.
        (
            seen(version(2, BAD), version(1, GOOD_1.record), on=known(2, BAD), fallback=GOOD_1),
            UpdateEndpoint(GOOD_1),
        ),
        (
            seen(version(2, BAD), version(1, name="v1-new"), on=known(2, BAD), fallback=GOOD_1),
            UpdateEndpoint(version(1, name="v1-new")),
        ),
        (
            seen(
                version(2, record("failed", previous="v2-old"), name="v2-new"),
                version(1),
                on=known(2, record("failed", previous="v2-old"), name="v2-new"),
                fallback=known(2, record("succeeded"), name="v2-old"),
            ),
            UpdateEndpoint(known(2, record("succeeded"), name="v2-old")),
        ),
        # What was before is rejected, or does not work either: the best of the rest, or nothing.
        (seen(version(2, BAD), on=known(2, BAD), fallback=GOOD_1), DeleteEndpoint("InService")),
        (
            seen(
                version(3, record("failed", 3)), version(1), on=known(3, record("failed", 3)), fallback=GOOD_2
            ),
            UpdateEndpoint(version(1)),
        ),
        (
            seen(
                version(2, BAD),
                version(1, record("failed", 1)),
                on=known(2, BAD),
                fallback=known(1, record("failed", 1)),
            ),
            DeleteEndpoint("InService"),
        ),
        # The way back failed too.
        (
            seen(
                version(2, BAD),
                on=known(2, BAD),
                fallback=known(1, record("returning", 1)),
                also_approved=(1,),
            ),
            NoteFailure("v1", "SageMaker went back to v2"),
        ),
        (seen(version(2, BAD), version(1), on=known(1, record("returning", 1))), Judge("v1", version(1))),
        # A rollback that got stuck.
        (
            seen(version(2, record("requested")), on=GOOD_1, status="UpdateRollbackFailed", reason="mix"),
            NoteFailure("v2", "mix", version(2, record("requested"))),
        ),
        (
            seen(
                version(2, record("requested")),
                on=known(2, record("requested")),
                status="UpdateRollbackFailed",
            ),
            NoteFailure(
                "v2",
                "SageMaker left the endpoint in status UpdateRollbackFailed",
                version(2, record("requested")),
            ),
        ),
        (
            seen(
                version(2, BAD),
                version(1, GOOD_1.record),
                on=GOOD_1,
                status="UpdateRollbackFailed",
                fallback=GOOD_1,
            ),
            UpdateEndpoint(GOOD_1),
        ),
        (
            # The way back is begun, and SageMaker still shows what it is to mend.
            seen(
                version(2, BAD),
                version(1),
                on=known(1, record("returning", 1, at=300)),
                status="UpdateRollbackFailed",
                modified=200,
            ),
            Wait("Updating"),
        ),
        (seen(version(2, BAD), on=GOOD_1, status="UpdateRollbackFailed"), UpdateEndpoint(GOOD_1)),
        (seen(version(3), on=GOOD_1, status="UpdateRollbackFailed"), UpdateEndpoint(version(3))),
        # It is dead: SageMaker only allows to delete it.
        (
            seen(
                version(2, record("requested")),
                on=known(2, record("requested")),
                status="Failed",
                reason="ping",
            ),
            NoteFailure("v2", "ping", version(2, record("requested"))),
        ),
        (
            seen(TWO, on=known(1, record("requested", 1)), status="Failed", reason="ping"),
            NoteFailure("v1", "ping"),
        ),
        (seen(version(2, BAD), on=known(2, BAD), status="Failed"), DeleteEndpoint("Failed")),
        (seen(TWO_GOOD, on=GOOD_2, status="OutOfService"), DeleteEndpoint("OutOfService")),
        (seen(version(2, record("requested")), on=GOOD_1, status="Failed"), DeleteEndpoint("Failed")),
        # Then what was before comes back, if it is still approved.
        (seen(version(2, BAD), fallback=GOOD_1, also_approved=(1,)), CreateEndpoint(GOOD_1)),
        (seen(version(2, BAD), fallback=GOOD_1), failed("ping")),
        # Another kind of endpoint.
        (
            seen(TWO, on=known(1, record("succeeded", 1, kind="Serverless"))),
            ReplaceEndpoint(TWO),
        ),
        (
            seen(
                version(2, BAD),
                on=known(2, BAD),
                fallback=known(1, record("succeeded", 1, kind="Async")),
                also_approved=(1,),
            ),
            ReplaceEndpoint(known(1, record("succeeded", 1, kind="Async"))),
        ),
        # Scaling and garbage.
        (
            seen(
                version(2, record("succeeded", scaling="old")),
                on=known(2, record("succeeded", scaling="old")),
            ),
            ApplyScaling("v2"),
        ),
        (
            seen(version(2, record("succeeded", swept="")), on=known(2, record("succeeded", swept=""))),
            Sweep("v2"),
        ),
        (seen(on=known(1, record("succeeded", 1, scaling="old"))), ApplyScaling("v1")),
        (seen(on=known(1, record("succeeded", 1, swept=""))), Idle()),
        # SageMaker is at work on it, in whatever way.
        *((seen(version(2, record("requested")), on=GOOD_1, status=status), Wait(status)) for status in BUSY),
        (seen(TWO, on=GOOD_1, status="Hibernating"), Wait("Hibernating")),
    ],
)
def test_decides(what_is: Observed, decision: Action | Rest) -> None:
    assert decide(PLAN, what_is) == decision


def test_leaves_alone_an_endpoint_that_another_created() -> None:
    foreign = Endpoint(status="InService", config_name="v1", owned=False)
    decision = decide(PLAN, Observed(candidates=(TWO,), endpoint=foreign))
    assert decision == Failed(
        "EndpointNotOwned: an endpoint of this name exists that this deployment did not create; "
        "delete it, or give endpoint_name another value"
    )


@pytest.mark.parametrize("on", [None, GOOD_1, known(1, record("failed", 1))])
def test_removes_all_where_asked_to_when_nothing_is_approved(on: Known | None) -> None:
    plan = Plan(kind="RealTime", attempt="now", scaling="none", keep_versions="3", removes=True)
    assert decide(plan, seen(on=on)) == RemoveAll()
    assert decide(plan, seen(TWO_GOOD, on=GOOD_2)) == SETTLED


def test_garbage_is_left_alone_where_looks_may_overlap() -> None:
    plan = Plan(kind="RealTime", attempt="now", scaling="none", keep_versions="3", sweeps=False)
    unswept = known(2, record("succeeded", swept=""))
    assert decide(plan, seen(version(2, unswept.record), on=unswept)) == SETTLED


@pytest.mark.parametrize(
    ("what_is", "name"),
    [
        (seen(version(2, BAD), on=known(2, BAD)), "v1"),
        (seen(version(2, BAD), on=known(2, BAD), status="Failed"), "v1"),
        (seen(version(2, BAD)), "v1"),
        (seen(version(2, BAD), on=GOOD_1, status="UpdateRollbackFailed"), "v1"),
        # Rejected after it failed: only its own record knows.
        (seen(version(1), on=known(2, record("failed", previous="v0"))), "v0"),
        # Nothing to go back from, or nothing to go back to.
        (seen(version(2, BAD), on=GOOD_1), None),
        (seen(version(2, BAD), on=known(1, record("requested"))), None),
        (seen(version(2, BAD), on=known(2, BAD), status="Updating"), None),
        (seen(TWO), None),
        (seen(version(2, record("failed"))), None),
        (seen(), None),
    ],
)
def test_knows_when_it_matters_what_was_in_service_before(what_is: Observed, name: str | None) -> None:
    assert fallback_name(PLAN, what_is) == name
