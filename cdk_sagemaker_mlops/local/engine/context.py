"""What an operation of the control plane works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from cdk_sagemaker_mlops.local.engine.events import Event
from cdk_sagemaker_mlops.local.engine.executions import Executions
from cdk_sagemaker_mlops.local.engine.fleets import Fleets
from cdk_sagemaker_mlops.local.engine.rollouts.watch import Watch
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.storage import Storage
from cdk_sagemaker_mlops.local.engine.store import Record, Store


class StorageFor(Protocol):
    """Gives the S3 that a scope's caller sees."""

    def __call__(self, scope: Scope) -> Storage:
        """S3 in one scope."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """What all operations share.

    Args:
        store: Where records are kept.
        emit: Sends an event to EventBridge in a scope.
        storage_for: S3 as seen from a scope.
        fleets: Runs the models of endpoints.
        executions: Runs pipeline executions.
        background: Runs a function later, on a thread of its own.
        alarm_state: State of a CloudWatch alarm in a scope, such as ``ALARM``; ``None`` when there is none.
        publish: Publishes a text to an SNS topic, in a scope.
        watch: Waits, as long as a rollout has no trouble.
    """

    store: Store
    emit: Callable[[Scope, Event], None]
    storage_for: StorageFor
    fleets: Fleets
    executions: Executions
    background: Callable[[Callable[[], None]], None]
    alarm_state: Callable[[Scope, str], str | None]
    publish: Callable[[Scope, str, str], None]
    watch: Watch


@dataclass(frozen=True)
class Context:
    """One call: the scope it is made in, and the shared services.

    Args:
        scope: Account and region of the caller.
        services: What all operations share.
        call: Makes another call in the same scope, by operation name.
    """

    scope: Scope
    services: Services
    call: Callable[[str, dict[str, Any]], dict[str, Any]]

    def table(self, kind: str) -> dict[str, Record]:
        """Records of one kind in the caller's scope."""
        return self.services.store.table(self.scope, kind)

    def remember_tags(self, arn: str, params: dict[str, Any]) -> None:
        """Keeps the tags that a Create request carries."""
        self.services.store.tags(arn).update({tag["Key"]: tag["Value"] for tag in params.get("Tags", [])})

    def emit(self, event: Event) -> None:
        """Sends an event in the caller's scope."""
        self.services.emit(self.scope, event)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
