"""What :func:`.decide.decide` is told, and what it can answer."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Record, Rollout


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the stack asks for, as far as decisions depend on it.

    Args:
        kind: Kind of endpoint.
        attempt: Fingerprint of smoke test and guardrails: a failure counts only for the same one.
        scaling: Fingerprint of the scaling.
        keep_versions: How many deployed versions are kept, as it is noted.
        removes: Whether the endpoint goes when no version is approved.
        sweeps: Whether garbage may be collected in this look.
    """

    kind: str
    attempt: str
    scaling: str
    keep_versions: str
    removes: bool = False
    sweeps: bool = True


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An approved version, and what is known of serving it as the stack asks for.

    Args:
        package_arn: The version.
        created: When it was registered, in seconds since 1970.
        version: Its number.
        name: Name of the model and endpoint config for it.
        approval: Its approval epoch.
        record: What is noted on that endpoint config or, if it is gone, on the package. Default: nothing.
    """

    package_arn: str
    created: str
    version: int
    name: str
    approval: str
    record: Record | None = None

    def has_failed(self, attempt: str) -> bool:
        """Whether it failed with the same approval, smoke test and guardrails."""
        record = self.record
        return (
            record is not None
            and record.rollout is Rollout.FAILED
            and (record.approval, record.attempt) == (self.approval, attempt)
        )


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint as SageMaker describes it.

    Args:
        status: SageMaker's ``EndpointStatus``.
        config_name: Endpoint config it serves.
        owned: Whether this deployment created it.
        failure_reason: SageMaker's words, or an empty string. Default: ``""``.
        modified: Its ``LastModifiedTime`` in milliseconds since 1970. Default: ``0``.
        instances: How many instances it is to have; ``None`` if it has none to count. Default: ``None``.
    """

    status: str
    config_name: str
    owned: bool
    failure_reason: str = ""
    modified: int = 0
    instances: int | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """An endpoint config of this deployment's.

    Args:
        name: Its name.
        version: Number of the version that it serves.
        record: What is noted on it; ``None`` if nothing is, or if it is gone.
    """

    name: str
    version: int
    record: Record | None


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What is.

    Args:
        candidates: Approved versions, highest first, up to the first that has not failed.
        endpoint: The endpoint, or ``None`` if there is none.
        served: The endpoint config that the endpoint shows, if it is this deployment's.
        fallback: The config to go back to, where :func:`.decide.fallback_name` named one.
        approved: Package ARN and creation of every approved version down to the last candidate.
        gave_up: Whether there are more approved versions than one look tries.
    """

    candidates: tuple[Candidate, ...] = ()
    endpoint: Endpoint | None = None
    served: Known | None = None
    fallback: Known | None = None
    approved: frozenset[tuple[str, str]] = frozenset()
    gave_up: bool = False


@dataclass(frozen=True)
class CreateEndpoint:
    """Create the endpoint."""

    target: Candidate | Known


@dataclass(frozen=True)
class UpdateEndpoint:
    """Move the endpoint."""

    target: Candidate | Known


@dataclass(frozen=True)
class ReplaceEndpoint:
    """Make everything for ``target`` ready, and delete the endpoint: no update leads to its kind."""

    target: Candidate | Known


@dataclass(frozen=True)
class DeleteEndpoint:
    """Delete the endpoint: it serves nothing that works."""

    status: str


@dataclass(frozen=True)
class Judge:
    """The endpoint is in service on a config; see whether it answers as it should, and note that.

    Args:
        config_name: The config.
        candidate: The candidate that it serves, if it is one.
    """

    config_name: str
    candidate: Candidate | None = None


@dataclass(frozen=True)
class NoteFailure:
    """Note that the rollout of a config failed."""

    config_name: str
    reason: str
    candidate: Candidate | None = None


@dataclass(frozen=True)
class ApplyScaling:
    """Make the endpoint scale as the stack asks for, and note that on the config it serves."""

    config_name: str


@dataclass(frozen=True)
class Sweep:
    """Delete configs and models that nobody needs any more, and note that on the config served."""

    config_name: str


@dataclass(frozen=True)
class RemoveAll:
    """No version is approved, and the endpoint has to go."""


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


Action = (
    CreateEndpoint
    | UpdateEndpoint
    | ReplaceEndpoint
    | DeleteEndpoint
    | Judge
    | NoteFailure
    | ApplyScaling
    | Sweep
    | RemoveAll
)
Rest = Wait | Settled | Idle | Failed
