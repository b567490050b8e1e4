"""What to do next, from what should be and what is. Pure: no call, no clock.

The record that makes rollouts judgeable is kept on the endpoint config (see :class:`Record`): SageMaker rolls
a failed update back silently, so that only "config B was requested, yet A is in service" tells of the
failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

IN_SERVICE = "InService"
DELETING = "Deleting"
# Nothing moves in these statuses; in every other one, known or new, SageMaker is at work on the endpoint.
_DEAD = frozenset({"Failed", "OutOfService"})
_RESTING = _DEAD | {IN_SERVICE, "UpdateRollbackFailed"}


class Rollout(StrEnum):
    """How far the rollout of an endpoint config has come."""

    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is noted on an endpoint config about its rollout.

    Args:
        rollout: How far it has come.
        approval: The package's approval when that was noted; a failure counts only for that approval.
    """

    rollout: Rollout
    approval: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the endpoint should serve.

    Args:
        package_arn: The highest approved version of the group.
        name: Name of the model and of the endpoint config for it.
        approval: Changes whenever someone edits or approves the package anew.
    """

    package_arn: str
    name: str
    approval: str


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint as SageMaker describes it.

    Args:
        status: SageMaker's ``EndpointStatus``.
        config_name: Endpoint config it serves.
        owned: Whether this deployment created it.
        failure_reason: SageMaker's words, or an empty string. Default: ``""``.
    """

    status: str
    config_name: str
    owned: bool
    failure_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What is.

    Args:
        endpoint: The endpoint, or ``None`` if there is none.
        records: By endpoint config name: the target's and the served one's, where there are any.
    """

    endpoint: Endpoint | None
    records: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateEndpoint:
    """Create the endpoint on ``target``."""

    target: Target


@dataclass(frozen=True)
class UpdateEndpoint:
    """Move the endpoint to ``target``."""

    target: Target


@dataclass(frozen=True)
class DeleteEndpoint:
    """Delete the endpoint, because SageMaker allows nothing else in its status."""

    status: str


@dataclass(frozen=True)
class WriteRecord:
    """Note how the rollout of an endpoint config ended."""

    config_name: str
    record: Record


@dataclass(frozen=True)
class Wait:
    """SageMaker is at work on the endpoint; look again when it has ended."""

    status: str


@dataclass(frozen=True)
class Settled:
    """The endpoint serves what it should."""

    package_arn: str
    config_name: str


@dataclass(frozen=True)
class Idle:
    """No package is approved, so nothing is asked for."""


@dataclass(frozen=True)
class Failed:
    """What is asked for cannot be had, and trying again by itself would not help.

    Args:
        reason: What went wrong and what to do.
        config_name: The endpoint config whose rollout failed, or ``None`` if none was tried.
    """

    reason: str
    config_name: str | None = None


Action = CreateEndpoint | UpdateEndpoint | DeleteEndpoint | WriteRecord
Rest = Wait | Settled | Idle | Failed


def decide(target: Target | None, observed: Observed) -> Action | Rest:
    """Returns the next action, or why there is none.

    Args:
        target: What the endpoint should serve; ``None`` if no package is approved.
        observed: What is.
    """
    endpoint = observed.endpoint
    if endpoint is None:
        return _without_endpoint(target, observed.records)
    if not endpoint.owned:
        return Failed(
            "EndpointNotOwned: an endpoint of this name exists that this deployment did not create; "
            "delete it, or give endpoint_name another value"
        )
    if endpoint.status not in _RESTING:
        return Wait(endpoint.status)
    return _judge(target, endpoint, observed.records) or _next(target, endpoint, observed.records)


def _without_endpoint(target: Target | None, records: Mapping[str, Record]) -> Action | Rest:
    if target is None:
        return Idle()
    if _has_failed(target, records):
        return _failed(target, "the endpoint could not be created on it")
    return CreateEndpoint(target)


def _judge(target: Target | None, endpoint: Endpoint, records: Mapping[str, Record]) -> WriteRecord | None:
    """Notes the end of a rollout that is still noted as requested."""
    served = records.get(endpoint.config_name)
    if served is not None and served.rollout is Rollout.REQUESTED:
        if endpoint.status == IN_SERVICE:
            return WriteRecord(
                endpoint.config_name, Record(rollout=Rollout.SUCCEEDED, approval=served.approval)
            )
        is_target = target is not None and target.name == endpoint.config_name
        approval = target.approval if target is not None and is_target else served.approval
        return WriteRecord(endpoint.config_name, Record(rollout=Rollout.FAILED, approval=approval))
    # A dead endpoint says nothing about a config that it does not serve: it was not created on that one.
    if target is None or endpoint.status in _DEAD or endpoint.config_name == target.name:
        return None
    wanted = records.get(target.name)
    if wanted is None or wanted.rollout is not Rollout.REQUESTED:
        return None
    return WriteRecord(target.name, Record(rollout=Rollout.FAILED, approval=target.approval))


def _next(target: Target | None, endpoint: Endpoint, records: Mapping[str, Record]) -> Action | Rest:
    if target is None:
        return Idle()
    if endpoint.status == IN_SERVICE and endpoint.config_name == target.name:
        return Settled(package_arn=target.package_arn, config_name=target.name)
    if _has_failed(target, records):
        return _failed(target, endpoint.failure_reason or f"SageMaker went back to {endpoint.config_name}")
    if endpoint.status in _DEAD:
        return DeleteEndpoint(endpoint.status)
    return UpdateEndpoint(target)


def _has_failed(target: Target, records: Mapping[str, Record]) -> bool:
    return records.get(target.name) == Record(rollout=Rollout.FAILED, approval=target.approval)


def _failed(target: Target, why: str) -> Failed:
    return Failed(
        f"RolloutFailed: {target.package_arn} could not be deployed with endpoint config {target.name}: "
        f"{why}; "
        "approve the package anew to try again, approve another version, or change the hosting config",
        target.name,
    )
