"""The beginning of a rollout: model, endpoint config, the request, and the note of it."""

from __future__ import annotations

from dataclasses import replace

from .. import contract
from ..aws_calls import now_in_ms
from . import alarms, scaling
from .containers import containers_for
from .decide import DELETING
from .decisions import Candidate, Endpoint, Known, Observed
from .records import Record, Rollout, single_tag
from .registry import Registry
from .sagemaker_api import SageMakerApi
from .settings import NO_SCALING, Settings

# Clocks of Lambda and SageMaker.
_SLACK_IN_MS = 2000


class Rollouts:
    """Begins rollouts of one deployment.

    Args:
        settings: The deployment's.
        api: SageMaker's hosting.
        registry: The model registry.
    """

    def __init__(self, settings: Settings, api: SageMakerApi, registry: Registry) -> None:
        self._settings = settings
        self._api = api
        self._registry = registry

    def planned(self, target: Candidate | Known, seen: Observed) -> Record:
        """Returns what there is to note about a rollout that is about to begin."""
        served = seen.served
        now = None if served is None else served.record
        if isinstance(target, Known):
            record = target.record or Record(rollout=Rollout.SUCCEEDED)
            return replace(
                record, attempt=self._settings.attempt, scaling=NO_SCALING if now is None else now.scaling
            )
        return Record(
            rollout=Rollout.PREPARED,
            approval=target.approval,
            attempt=self._settings.attempt,
            previous=_previous(target, seen),
            package_arn=target.package_arn,
            created=target.created,
            kind=self._settings.kind,
            hardware=self._settings.hardware,
            scaling=NO_SCALING if now is None else now.scaling,
            at=now_in_ms(),
        )

    def create(self, target: Candidate | Known, seen: Observed) -> None:
        """Creates the endpoint on ``target``."""
        record = replace(self.planned(target, seen), scaling=NO_SCALING)
        self._prepare(target, record)
        at = _request_time(None)
        self._api.create_endpoint(target.name, deployment_config=self._guardrails(record))
        self._note_request(target, replace(record, at=at))

    def update(self, target: Candidate | Known, seen: Observed, endpoint: Endpoint) -> None:
        """Moves the endpoint to ``target``."""
        record = self.planned(target, seen)
        now = None if seen.served is None else seen.served.record
        same_hardware = now is not None and now.hardware == record.hardware
        if not same_hardware:
            record = replace(record, scaling=NO_SCALING)
        self._prepare(target, record)
        if not same_hardware:
            self.end_scaling(seen.served)
        guardrails, ringing = alarms.without_ringing(self._guardrails(record))
        note = f"not watched, already in ALARM: {' '.join(ringing)}" if ringing else ""
        at = _request_time(endpoint)
        self._api.update_endpoint(
            target.name,
            deployment_config=guardrails,
            retains_variants=same_hardware and self._keeps_instances(endpoint),
        )
        self._note_request(target, replace(record, at=at, note=note))

    def replace(self, target: Candidate | Known, seen: Observed) -> str | None:
        """Makes everything for ``target`` ready and deletes the endpoint, whose kind no update changes.

        Returns:
            What SageMaker is at work on, or ``None`` if the endpoint is gone already.
        """
        self._prepare(target, replace(self.planned(target, seen), scaling=NO_SCALING))
        return self.delete(seen.served)

    def delete(self, served: Known | None) -> str | None:
        """Deletes the endpoint.

        Returns:
            What SageMaker is at work on, or ``None`` if the endpoint is gone already.
        """
        self.end_scaling(served)
        return None if self._api.delete_endpoint() else DELETING

    def end_scaling(self, served: Known | None) -> None:
        """Ends the endpoint's scaling, if it may have any.

        Args:
            served: Endpoint config in service.
        """
        # Whatever is noted: a handler may have died between the note and what it says.
        record = None if served is None else served.record
        if served is not None and record is not None:
            # First the note: should this be all that happens, scaling is registered anew.
            self._api.note(served.name, single_tag("scaling", NO_SCALING))
        scaling.clear(self._settings, kind=self._settings.kind if record is None else record.kind)

    def apply_scaling(self, config_name: str) -> None:
        """Makes the endpoint scale as the stack asks for."""
        scaling.apply(self._settings)
        self._api.note(config_name, single_tag("scaling", self._settings.scaling))

    def _keeps_instances(self, endpoint: Endpoint) -> bool:
        """Whether the new fleet starts as large as autoscaling has made the old one."""
        # A fleet of none, which an asynchronous endpoint may have, could not answer the smoke test in time.
        return bool(self._settings.part(contract.SCALING)) and endpoint.instances not in (None, 0)

    def _guardrails(self, record: Record) -> dict[str, object]:
        if record.kind == contract.SERVERLESS:
            return {}
        return dict(self._settings.part(contract.DEPLOYMENT_CONFIG))

    def _prepare(self, target: Candidate | Known, record: Record) -> None:
        if isinstance(target, Known):
            # It has been in service, so all of it is there. The note is for a handler that dies right after
            # the request: people are told all the same that it is back.
            self._api.note(target.name, replace(record, rollout=Rollout.OWED).tags())
            return
        containers = containers_for(self._settings, self._registry, target.name, target.package_arn)
        self._api.create_model(target.name, containers)
        self._api.create_endpoint_config(target.name, record)

    def _note_request(self, target: Candidate | Known, record: Record) -> None:
        # After the request: a handler that dies in between costs one more attempt, not an approval.
        rollout = Rollout.RETURNING if isinstance(target, Known) else Rollout.REQUESTED
        self._api.note(target.name, replace(record, rollout=rollout).tags())


def _request_time(before: Endpoint | None) -> int:
    """A time that tells how SageMaker showed the endpoint before the request from how it shows it after."""
    now = now_in_ms() - _SLACK_IN_MS
    return now if before is None else max(before.modified + 1, now)


def _previous(target: Candidate, seen: Observed) -> str:
    """The config to go back to should ``target`` fail."""
    served = seen.served
    if served is not None and served.record is not None and served.name != target.name:
        return served.name if served.record.rollout is Rollout.SUCCEEDED else served.record.previous
    if seen.fallback is not None and seen.fallback.name != target.name:
        return seen.fallback.name
    return "" if target.record is None else target.record.previous
