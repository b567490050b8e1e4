from __future__ import annotations

from itertools import product

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.decide import (
    Action,
    CreateEndpoint,
    DeleteEndpoint,
    Endpoint,
    Failed,
    Idle,
    Observed,
    Record,
    Rest,
    Rollout,
    Settled,
    Target,
    UpdateEndpoint,
    Wait,
    WriteRecord,
    decide,
)

NEW = Target(package_arn="arn:group/2", name="two", approval="monday")
REQUESTED = Record(rollout=Rollout.REQUESTED, approval="monday")
SUCCEEDED = Record(rollout=Rollout.SUCCEEDED, approval="monday")
FAILED = Record(rollout=Rollout.FAILED, approval="monday")
FAILED_BEFORE = Record(rollout=Rollout.FAILED, approval="sunday")

BUSY = ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
RESTING = ["InService", "UpdateRollbackFailed", "Failed", "OutOfService"]
SETTLED = Settled(package_arn="arn:group/2", config_name="two")


def failed(why: str) -> Failed:
    return Failed(
        f"RolloutFailed: arn:group/2 could not be deployed with endpoint config two: {why}; "
        "approve the package anew to try again, approve another version, or change the hosting config",
        "two",
    )


def on(config_name: str, status: str = "InService", *, reason: str = "") -> Endpoint:
    return Endpoint(status=status, config_name=config_name, owned=True, failure_reason=reason)


@pytest.mark.parametrize(
    ("target", "endpoint", "records", "decision"),
    [
        # Nothing is approved: what serves keeps serving.
        (None, None, {}, Idle()),
        (None, on("one"), {}, Idle()),
        (None, on("one", "Failed"), {}, Idle()),
        (None, on("one"), {"one": REQUESTED}, WriteRecord("one", SUCCEEDED)),
        # There is no endpoint.
        (NEW, None, {}, CreateEndpoint(NEW)),
        (NEW, None, {"two": REQUESTED}, CreateEndpoint(NEW)),
        (NEW, None, {"two": SUCCEEDED}, CreateEndpoint(NEW)),
        (NEW, None, {"two": FAILED_BEFORE}, CreateEndpoint(NEW)),
        (NEW, None, {"two": FAILED}, failed("the endpoint could not be created on it")),
        # It serves the target.
        (NEW, on("two"), {}, SETTLED),
        (NEW, on("two"), {"two": REQUESTED}, WriteRecord("two", SUCCEEDED)),
        (NEW, on("two"), {"two": SUCCEEDED}, SETTLED),
        (NEW, on("two"), {"two": FAILED}, SETTLED),
        # It serves something else.
        (NEW, on("one"), {}, UpdateEndpoint(NEW)),
        (NEW, on("one"), {"one": SUCCEEDED}, UpdateEndpoint(NEW)),
        (NEW, on("one"), {"one": SUCCEEDED, "two": SUCCEEDED}, UpdateEndpoint(NEW)),
        (NEW, on("one"), {"two": FAILED_BEFORE}, UpdateEndpoint(NEW)),
        (NEW, on("one"), {"one": REQUESTED}, WriteRecord("one", SUCCEEDED)),
        # A silent rollback: the target was asked for, and something else is in service.
        (NEW, on("one"), {"two": REQUESTED}, WriteRecord("two", FAILED)),
        (NEW, on("one"), {"two": FAILED}, failed("SageMaker went back to one")),
        (NEW, on("one", "UpdateRollbackFailed", reason="mix"), {"two": FAILED}, failed("mix")),
        (NEW, on("one", "UpdateRollbackFailed"), {"two": REQUESTED}, WriteRecord("two", FAILED)),
        (NEW, on("two", "UpdateRollbackFailed"), {"two": REQUESTED}, WriteRecord("two", FAILED)),
        (NEW, on("one", "UpdateRollbackFailed"), {}, UpdateEndpoint(NEW)),
        # It is dead: SageMaker only allows to delete it.
        (NEW, on("two", "Failed"), {"two": REQUESTED}, WriteRecord("two", FAILED)),
        (NEW, on("two", "Failed", reason="ping"), {"two": FAILED}, failed("ping")),
        (NEW, on("two", "Failed"), {"two": FAILED_BEFORE}, DeleteEndpoint("Failed")),
        (NEW, on("two", "Failed"), {"two": SUCCEEDED}, DeleteEndpoint("Failed")),
        (NEW, on("two", "Failed"), {}, DeleteEndpoint("Failed")),
        (NEW, on("one", "Failed"), {"one": REQUESTED}, WriteRecord("one", FAILED)),
        (NEW, on("one", "Failed"), {"one": FAILED}, DeleteEndpoint("Failed")),
        (NEW, on("one", "Failed"), {"two": REQUESTED}, DeleteEndpoint("Failed")),
        (NEW, on("two", "OutOfService"), {"two": SUCCEEDED}, DeleteEndpoint("OutOfService")),
        # SageMaker is at work on it, in whatever way.
        *((NEW, on("one", status), {"two": REQUESTED}, Wait(status)) for status in BUSY),
        (NEW, on("one", "Hibernating"), {}, Wait("Hibernating")),
    ],
)
def test_decides(
    target: Target | None, endpoint: Endpoint | None, records: dict[str, Record], decision: Action | Rest
) -> None:
    assert decide(target, Observed(endpoint=endpoint, records=records)) == decision


def test_leaves_alone_an_endpoint_that_another_created() -> None:
    foreign = Endpoint(status="InService", config_name="one", owned=False)
    decision = decide(NEW, Observed(endpoint=foreign))
    assert decision == Failed(
        "EndpointNotOwned: an endpoint of this name exists that this deployment did not create; "
        "delete it, or give endpoint_name another value"
    )


RECORDS = [None, REQUESTED, SUCCEEDED, FAILED, FAILED_BEFORE]
ALL_STATES = [
    (target, endpoint, {name: record for name, record in (("one", one), ("two", two)) if record is not None})
    for target, config, status, owned, one, two in product(
        (None, NEW), ("one", "two"), [None, *RESTING, *BUSY, "Hibernating"], (True, False), RECORDS, RECORDS
    )
    for endpoint in [None if status is None else Endpoint(status=status, config_name=config, owned=owned)]
]


def test_comes_to_rest_from_every_state() -> None:
    assert len(ALL_STATES) == 2 * 2 * 11 * 2 * 5 * 5
    for target, endpoint, records in ALL_STATES:
        now = dict(records)
        for _ in range(3):
            decision = decide(target, Observed(endpoint=endpoint, records=now))
            if not isinstance(decision, WriteRecord):
                break
            now[decision.config_name] = decision.record
        assert not isinstance(decision, WriteRecord), (target, endpoint, records)


def test_never_changes_a_busy_or_foreign_endpoint() -> None:
    for target, endpoint, records in ALL_STATES:
        if endpoint is not None and (endpoint.status not in RESTING or not endpoint.owned):
            decision = decide(target, Observed(endpoint=endpoint, records=records))
            assert not isinstance(decision, Action), (target, endpoint, records)


def test_never_asks_again_for_what_failed_with_the_same_approval() -> None:
    for target, endpoint, records in ALL_STATES:
        if records.get("two") == FAILED:
            decision = decide(target, Observed(endpoint=endpoint, records=records))
            assert not isinstance(decision, CreateEndpoint | UpdateEndpoint | DeleteEndpoint)


def test_never_deletes_an_endpoint_that_serves() -> None:
    for target, endpoint, records in ALL_STATES:
        if endpoint is not None and endpoint.status in ("InService", "UpdateRollbackFailed"):
            decision = decide(target, Observed(endpoint=endpoint, records=records))
            assert not isinstance(decision, DeleteEndpoint)
