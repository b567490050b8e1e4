"""One look: observe, decide, act, until there is nothing to do but wait.

Looks may overlap, because the queue's handler and the custom resource both look. What keeps them from harm:
names are the same for the same target, SageMaker takes one change of an endpoint at a time, and a look reads
the target's record *before* it reads the endpoint, so that a rollout begun in between is seen as running, not
as rolled back.

A look in which nothing changed makes four calls: ListModelPackages, DescribeModelPackage, ListTags on the
endpoint config, DescribeEndpoint.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ..aws_calls import own_region
from ..errors import BusyError, NotReadyError, PermanentError, RetryableError
from . import decisions as d
from .decide import decide, fallback_name
from .garbage import sweep
from .judgement import Judgement
from .marks import key_for, memory_of
from .names import name_for, version_of
from .records import Record, single_tag
from .registry import Registry, Version
from .removal import remove
from .rollout import Rollouts
from .sagemaker_api import SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)

# Enough for every candidate to be refused at once, and what comes before and after.
_MOST_STEPS = 16
_MOST_CANDIDATES = 10


def look(settings: Settings, *, sweeps: bool = True, is_last_try: bool = False) -> d.Rest:
    """Brings the endpoint as far towards the newest approved package that works as is possible now.

    Args:
        settings: The deployment's.
        sweeps: Whether to collect garbage too; only looks that never overlap may. Default: ``True``.
        is_last_try: Whether what is not ready by now counts as refused. Default: ``False``.

    Returns:
        Why there is nothing more to do for now.

    Raises:
        RetryableError: A call failed that may work in a while.
        PermanentError: A call failed that someone has to do something about.
    """
    return _Look(settings, sweeps=sweeps, is_last_try=is_last_try).run()


def assess(settings: Settings) -> d.Action | d.Rest:
    """Observes and decides, and changes nothing.

    Args:
        settings: The deployment's.
    """
    return _Look(settings, sweeps=False, is_last_try=False).assess()[0]


class _Look:
    def __init__(self, settings: Settings, *, sweeps: bool, is_last_try: bool) -> None:
        self._settings = settings
        self._is_last_try = is_last_try
        self._api = SageMakerApi(settings)
        self._registry = Registry(settings)
        self._rollouts = Rollouts(settings, self._api, self._registry)
        self._judgement = Judgement(settings, self._api, self._registry)
        self._refused: dict[str, Record] = {}
        self._plan = d.Plan(
            kind=settings.kind,
            attempt=settings.attempt,
            scaling=settings.scaling,
            keep_versions=str(settings.keep_versions),
            removes=settings.removes,
            sweeps=sweeps,
        )

    def run(self) -> d.Rest:
        for _ in range(_MOST_STEPS):
            decision, seen = self.assess()
            if not isinstance(decision, d.Action):
                level = logging.ERROR if isinstance(decision, d.Failed) else logging.INFO
                self._log("look ended", decision, level)
                return decision
            self._log("acting", decision, logging.INFO)
            rest = self._act(decision, seen)
            if rest is not None:
                return rest
        raise RetryableError(f"{self._settings.endpoint_name} did not come to rest in {_MOST_STEPS} steps")

    def assess(self) -> tuple[d.Action | d.Rest, d.Observed]:
        seen = self._observe()
        name = fallback_name(self._plan, seen)
        if name is not None:
            seen = replace(seen, fallback=self._known(name, seen))
        return decide(self._plan, seen), seen

    # Observing

    def _observe(self) -> d.Observed:
        candidates: list[d.Candidate] = []
        approved: list[tuple[str, str]] = []
        gave_up = False
        for version in self._registry.approved():
            candidate = self._candidate(version)
            if candidate is None:
                continue
            approved.append((candidate.package_arn, candidate.created))
            candidates.append(candidate)
            gave_up = len(candidates) == _MOST_CANDIDATES
            if gave_up or not candidate.has_failed(self._plan.attempt):
                break
        seen = d.Observed(
            candidates=tuple(candidates),
            approved=frozenset(approved),
            endpoint=self._api.endpoint(),
            gave_up=gave_up,
        )
        if seen.endpoint is None or not seen.endpoint.owned:
            return seen
        return replace(seen, served=self._known(seen.endpoint.config_name, seen))

    def _candidate(self, version: Version) -> d.Candidate | None:
        package = self._registry.package(version.arn)
        if package is None or not package.is_approved:
            return None
        name = name_for(
            self._settings, package_arn=version.arn, version=version.number, created=version.created
        )
        record = self._refused.get(name) or self._api.record(name)
        if record is None:
            record = memory_of(package.metadata, key_for(self._settings, own_region()), config_name=name)
        return d.Candidate(
            package_arn=version.arn,
            created=str(int(version.created.timestamp())),
            version=version.number,
            name=name,
            approval=package.approval,
            record=record,
        )

    def _known(self, name: str, seen: d.Observed) -> d.Known | None:
        version = version_of(self._settings, name)
        if version is None:
            return None
        read = [each.record for each in seen.candidates if each.name == name]
        return d.Known(name=name, version=version, record=read[0] if read else self._api.record(name))

    # Acting

    def _act(self, action: d.Action, seen: d.Observed) -> d.Rest | None:
        """Carries ``action`` out, and returns why the look ends, if it does."""
        match action:
            case d.CreateEndpoint() | d.UpdateEndpoint() | d.ReplaceEndpoint():
                return self._roll_out(action, seen)
            case d.Judge():
                self._judgement.judge(action)
            case d.NoteFailure():
                self._judgement.note_failure(action)
            case d.DeleteEndpoint():
                return _waiting(self._rollouts.delete(seen.served))
            case d.ApplyScaling(config_name):
                self._rollouts.apply_scaling(config_name)
            case d.Sweep(config_name):
                self._sweep(config_name)
            case d.RemoveAll():
                return d.Idle() if remove(self._settings, self._api, seen.endpoint) else d.Wait("Deleting")
        return None

    def _roll_out(
        self, action: d.CreateEndpoint | d.UpdateEndpoint | d.ReplaceEndpoint, seen: d.Observed
    ) -> d.Rest | None:
        try:
            match action:
                case d.CreateEndpoint(target):
                    self._rollouts.create(target, seen)
                    return d.Wait("Creating")
                case d.ReplaceEndpoint(target):
                    return _waiting(self._rollouts.replace(target, seen))
                case d.UpdateEndpoint(target) if seen.endpoint is not None:
                    self._rollouts.update(target, seen, seen.endpoint)
            return d.Wait("Updating")
        except BusyError:
            return d.Wait("Updating")
        except PermanentError as error:
            # What is in service is not found bad by a refusal to deploy it once more.
            serves = seen.endpoint is not None and seen.endpoint.config_name == action.target.name
            if serves or (isinstance(error, NotReadyError) and not self._is_last_try):
                raise
            self._refuse(action.target, seen, str(error))
        return None

    def _refuse(self, target: d.Candidate | d.Known, seen: d.Observed, reason: str) -> None:
        """Ends a rollout that AWS does not even begin, unless its version was changed meanwhile."""
        record = self._rollouts.planned(target, seen)
        if isinstance(target, d.Candidate):
            package = self._registry.package(target.package_arn)
            if package is None or not package.is_approved or package.approval != target.approval:
                return
        self._refused[target.name] = self._judgement.failed(target.name, record, reason)

    def _sweep(self, config_name: str) -> None:
        if sweep(self._settings, self._api, config_name):
            self._api.note(config_name, single_tag("swept", self._plan.keep_versions))
        self._plan = replace(self._plan, sweeps=False)

    def _log(self, message: str, decision: d.Action | d.Rest, level: int) -> None:
        extra = {"endpoint_name": self._settings.endpoint_name, "decision": type(decision).__name__}
        logger.log(level, "%s: %s", message, decision, extra=extra)


def _waiting(status: str | None) -> d.Wait | None:
    return None if status is None else d.Wait(status)
