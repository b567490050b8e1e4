"""The end of a rollout: did it work, who is told, and what is noted, in an order that no crash can break.

People are told first, then the package is marked, and the record on the endpoint config, which is what ends
the matter, comes last: a handler that dies in between makes the next look do it all again.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ..aws_calls import now_in_ms
from .decisions import Candidate, Judge, NoteFailure
from .notifications import DEPLOYED, FAILED, ROLLED_BACK, Outcome, tell
from .records import Record, Rollout, tag_text
from .registry import Registry
from .sagemaker_api import SageMakerApi
from .settings import Settings
from .smoke_test import smoke_test

logger = logging.getLogger(__name__)


class Judgement:
    """Ends rollouts of one deployment.

    Args:
        settings: The deployment's.
        api: SageMaker's hosting.
        registry: The model registry.
    """

    def __init__(self, settings: Settings, api: SageMakerApi, registry: Registry) -> None:
        self._settings = settings
        self._api = api
        self._registry = registry

    def judge(self, action: Judge) -> None:
        """Tests what is in service, and notes how that ended."""
        record = self._record(action.config_name, action.candidate)
        if record.rollout in (Rollout.OWED, Rollout.RETURNING):
            # It has been in service: a smoke test that is wrong must not take down one config after another.
            self._succeeded(action.config_name, record, status=ROLLED_BACK)
            return
        # Whatever it was begun with, it is today's smoke test that it passes or fails.
        record = replace(record, attempt=self._settings.attempt)
        problem = smoke_test(self._settings, action.config_name)
        if problem is None:
            self._succeeded(action.config_name, record, status=DEPLOYED)
        else:
            self.failed(action.config_name, record, problem)

    def note_failure(self, action: NoteFailure) -> None:
        """Notes that SageMaker could not roll a config out."""
        self.failed(action.config_name, self._record(action.config_name, action.candidate), action.reason)

    def failed(self, config_name: str, record: Record, reason: str) -> Record:
        """Tells people, marks the package and notes that a rollout failed.

        Args:
            config_name: Endpoint config concerned.
            record: What is known about its rollout.
            reason: Why it failed.

        Returns:
            What is now noted, also if there is no such endpoint config to note it on.
        """
        ended = replace(record, rollout=Rollout.FAILED, reason=tag_text(reason), at=now_in_ms())
        logger.error(
            "rollout failed: %s",
            reason,
            extra={"endpoint_name": self._settings.endpoint_name, "config_name": config_name},
        )
        return self._conclude(config_name, ended, FAILED, reason)

    def _succeeded(self, config_name: str, record: Record, *, status: str) -> None:
        ended = replace(record, rollout=Rollout.SUCCEEDED, reason="", at=now_in_ms(), swept="")
        self._conclude(config_name, ended, status, "")

    def _conclude(self, config_name: str, record: Record, status: str, reason: str) -> Record:
        outcome = Outcome(
            status=status,
            config_name=config_name,
            package_arn=record.package_arn,
            previous=record.previous,
            reason=reason,
            note=record.note,
        )
        tell(self._settings, outcome)
        words = reason or "in service and answering"
        marked = self._registry.mark(config_name, record, words=words)
        record = replace(record, marked="yes" if marked else "no")
        self._api.note(config_name, record.tags())
        return record

    def _record(self, config_name: str, candidate: Candidate | None) -> Record:
        record = self._api.record(config_name) or Record(rollout=Rollout.PREPARED)
        if candidate is None or not (record.rollout is Rollout.FAILED or record.approval == ""):
            return record
        # Approved anew while in service: judged for the new approval.
        return replace(
            record,
            rollout=Rollout.REQUESTED,
            package_arn=candidate.package_arn,
            created=candidate.created,
            approval=candidate.approval,
            attempt=self._settings.attempt,
        )
