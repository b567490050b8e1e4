"""What to do next, from what should be and what is. Pure: no call, no clock.

What is noted on endpoint configs makes rollouts judgeable: SageMaker rolls a failed update back silently, so
that only "config B was requested, yet A is in service" tells of the failure.
"""

from __future__ import annotations

from .decisions import (
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
from .records import Record, Rollout

IN_SERVICE = "InService"
DELETING = "Deleting"
UPDATING = "Updating"
# Nothing moves in these statuses; in every other one, known or new, SageMaker is at work on the endpoint.
_DEAD = frozenset({"Failed", "OutOfService"})
_RESTING = _DEAD | {IN_SERVICE, "UpdateRollbackFailed"}
# Has been in service, and nothing is known against it.
_PROVEN = (Rollout.SUCCEEDED, Rollout.OWED, Rollout.RETURNING)


def decide(plan: Plan, seen: Observed) -> Action | Rest:
    """Returns the next action, or why there is none.

    Args:
        plan: What the stack asks for.
        seen: What is.
    """
    endpoint = seen.endpoint
    if endpoint is None:
        return _without_endpoint(plan, seen)
    if not endpoint.owned:
        return Failed(
            "EndpointNotOwned: an endpoint of this name exists that this deployment did not create; "
            "delete it, or give endpoint_name another value"
        )
    if endpoint.status not in _RESTING:
        return Wait(endpoint.status)
    return _judge(plan, seen, endpoint) or _next(plan, seen, endpoint)


def fallback_name(plan: Plan, seen: Observed) -> str | None:
    """Returns the config that was in service before what failed, if the next decision depends on it.

    Args:
        plan: What the stack asks for.
        seen: What is, still without the fallback.
    """
    endpoint = seen.endpoint
    served = None if seen.served is None else seen.served.record
    if endpoint is not None:
        if not endpoint.owned or endpoint.status not in _RESTING:
            return None
        if endpoint.status == IN_SERVICE and (served is None or served.rollout is not Rollout.FAILED):
            return None
    records = [served] if served is not None and served.rollout is Rollout.FAILED else []
    failed = [each.record for each in seen.candidates if each.has_failed(plan.attempt)]
    names = [record.previous for record in (*records, *failed) if record is not None and record.previous]
    return names[0] if names else None


def _best(plan: Plan, seen: Observed) -> Candidate | None:
    """The highest approved version that has not failed; all candidates above it have."""
    return next((each for each in seen.candidates if not each.has_failed(plan.attempt)), None)


def _desired(plan: Plan, seen: Observed) -> Candidate | Known | None:
    """What to serve while the endpoint serves nothing good."""
    best, fallback = _best(plan, seen), seen.fallback
    if (
        fallback is not None
        and fallback.record is not None
        and fallback.record.rollout in _PROVEN
        and _is_approved(fallback, seen)
        and (best is None or fallback.version > best.version or fallback.name == best.name)
    ):
        return fallback
    return best


def _is_good(config: Known | None) -> bool:
    good = (Rollout.SUCCEEDED, Rollout.OWED)
    return config is not None and config.record is not None and config.record.rollout in good


def _is_approved(config: Known, seen: Observed) -> bool:
    record = config.record
    return record is not None and (record.package_arn, record.created) in seen.approved


def _without_endpoint(plan: Plan, seen: Observed) -> Action | Rest:
    if not seen.candidates:
        return RemoveAll() if plan.removes else Idle()
    target = _desired(plan, seen)
    return _failure(plan, seen) if target is None else CreateEndpoint(target)


def _judge(plan: Plan, seen: Observed, endpoint: Endpoint) -> Judge | NoteFailure | Wait | None:
    """Ends a rollout that is not known to have ended."""
    best = _best(plan, seen)
    candidate = best if best is not None and best.name == endpoint.config_name else None
    served = None if seen.served is None else seen.served.record
    if served is not None:
        # A failure of before, approved anew while the config is still in service: it is judged again.
        again = served.rollout is Rollout.FAILED and candidate is not None
        if endpoint.status == IN_SERVICE and (again or not served.is_concluded):
            return Judge(endpoint.config_name, candidate)
        if endpoint.status != IN_SERVICE and not served.is_concluded and served.rollout is not Rollout.OWED:
            if _is_from_before(served, endpoint):
                return Wait(UPDATING)
            reason = endpoint.failure_reason or f"SageMaker left the endpoint in status {endpoint.status}"
            return NoteFailure(endpoint.config_name, reason, candidate)
    # A dead endpoint says nothing about a config that it does not serve: it was not created on that one.
    return None if endpoint.status in _DEAD else _rolled_back(best, seen, endpoint)


def _rolled_back(best: Candidate | None, seen: Observed, endpoint: Endpoint) -> NoteFailure | Wait | None:
    """Tells what was asked for and is not there although SageMaker is at rest."""
    asked: list[tuple[str, Record | None, Candidate | None]] = []
    if best is not None:
        asked.append((best.name, best.record, best))
    if seen.fallback is not None:
        asked.append((seen.fallback.name, seen.fallback.record, None))
    for name, record, candidate in asked:
        if name == endpoint.config_name or record is None:
            continue
        if record.rollout in (Rollout.REQUESTED, Rollout.RETURNING):
            if _is_from_before(record, endpoint):
                return Wait(UPDATING)
            reason = endpoint.failure_reason or f"SageMaker went back to {endpoint.config_name}"
            return NoteFailure(name, reason, candidate)
    return None


def _is_from_before(record: Record, endpoint: Endpoint) -> bool:
    """Whether SageMaker still shows the endpoint as it was before the request that is noted."""
    return record.rollout in (Rollout.REQUESTED, Rollout.RETURNING) and endpoint.modified < record.at


def _next(plan: Plan, seen: Observed, endpoint: Endpoint) -> Action | Rest:
    served = seen.served
    if endpoint.status == IN_SERVICE and served is not None and _is_good(served):
        return _beside_good(plan, seen, served)
    failed = served is not None and served.record is not None and served.record.rollout is Rollout.FAILED
    # A rollback that got stuck: the endpoint serves a mix of a good config and of a failed one.
    stuck = endpoint.status != IN_SERVICE and endpoint.status not in _DEAD and _is_good(served)
    if not seen.candidates and (plan.removes or not (failed or stuck)):
        return RemoveAll() if plan.removes else Idle()
    if endpoint.status in _DEAD:
        return DeleteEndpoint(endpoint.status)
    target = _desired(plan, seen) or (served if stuck else None)
    if target is not None:
        return _move(plan, seen, target)
    return DeleteEndpoint(endpoint.status) if failed else _failure(plan, seen)


def _beside_good(plan: Plan, seen: Observed, served: Known) -> Action | Rest:
    """The endpoint serves something that works: whether that is also what it should serve."""
    best = _best(plan, seen)
    if not seen.candidates:
        return RemoveAll() if plan.removes else _care(plan, served, settled=False) or Idle()
    if best is not None and best.name == served.name:
        settled = best is seen.candidates[0]
        done = Settled(package_arn=best.package_arn, config_name=best.name) if settled else None
        return _care(plan, served, settled=True) or done or _failure(plan, seen)
    # A hosting config that failed on a version is no reason to serve an older one.
    if best is None or (_is_approved(served, seen) and served.version > best.version):
        return _care(plan, served, settled=False) or _failure(plan, seen)
    return _move(plan, seen, best)


def _care(plan: Plan, served: Known, *, settled: bool) -> ApplyScaling | Sweep | None:
    """What a config in service needs besides serving."""
    record = served.record
    if record is None:
        return None
    if record.kind == plan.kind and record.scaling != plan.scaling:
        return ApplyScaling(served.name)
    if settled and plan.sweeps and record.swept != plan.keep_versions:
        return Sweep(served.name)
    return None


def _move(plan: Plan, seen: Observed, target: Candidate | Known) -> UpdateEndpoint | ReplaceEndpoint:
    served = None if seen.served is None else seen.served.record
    kind = plan.kind if isinstance(target, Candidate) or target.record is None else target.record.kind
    if served is not None and "" not in (served.kind, kind) and served.kind != kind:
        return ReplaceEndpoint(target)
    return UpdateEndpoint(target)


def _failure(plan: Plan, seen: Observed) -> Failed:
    top = next(each for each in seen.candidates if each.has_failed(plan.attempt))
    reason = (top.record.reason if top.record is not None else "") or "SageMaker gave no reason"
    if seen.gave_up and all(each.has_failed(plan.attempt) for each in seen.candidates):
        reason += (
            f"; the {len(seen.candidates)} newest approved versions have failed, and no older one is tried"
        )
    return Failed(
        f"RolloutFailed: {top.package_arn} could not be deployed with endpoint config {top.name}: "
        f"{reason}; "
        "approve the package anew to try again, approve another version, or change the hosting config",
        top.name,
    )
