"""The results of finished jobs, to be used again by a step that would run the same job.

A wrong hit is ruled out from both sides. Before: the key is the hash of everything that the job would be
given, the content of its inputs included, not their names alone (see :mod:`.job_digest`). After: the objects
that the earlier job stored must be there unchanged, or it counts for nothing. What a job gets in other ways
(the clock, chance, the network, objects that it reads by itself) is seen neither here nor by SageMaker.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution.interfaces import Storage
from cdk_sagemaker_mlops.local.execution.transfer import file_digest

_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30}


@dataclass(frozen=True, kw_only=True)
class FinishedJob:
    """What a job left.

    Args:
        properties: What references to its step can read.
        metadata: Its step's ``Metadata``.
        execution_arn: The execution it ran in.
        outputs: Digest of each object that it stored, by URI.
        ended: When it ended.
    """

    properties: dict[str, Any]
    metadata: dict[str, Any]
    execution_arn: str
    outputs: Mapping[str, str]
    ended: datetime


class StepCache:
    """Finished jobs by key, for as long as the engine runs. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, FinishedJob] = {}

    def find(self, key: str, *, expire_after: str | None, storage: Storage) -> FinishedJob | None:
        """Returns the job of a key, if it is young enough and what it stored is as it left it.

        Args:
            key: What :func:`~.job_digest.job_digest` gives.
            expire_after: How old it may be, as ``CacheConfig.ExpireAfter`` words it. ``None``: any age.
            storage: Where its outputs are.
        """
        with self._lock:
            job = self._jobs.get(key)
        if job is None or not _is_young(job.ended, expire_after) or not _is_intact(job.outputs, storage):
            return None
        return job

    def keep(self, key: str, job: FinishedJob) -> None:
        """Keeps a job that has succeeded; an earlier one of the same key is forgotten."""
        with self._lock:
            self._jobs[key] = job


def duration(text: str) -> timedelta | None:
    """Reads a duration as SageMaker's documentation writes it: ``P30D``, ``30d``, ``T16m``, ``30dT5h``.

    A year counts 365 days and a month 30.

    Returns:
        The duration; ``None`` when the text is none.
    """
    match = _DURATION.fullmatch(text)
    parts = {} if match is None else {unit: int(n) for unit, n in match.groupdict().items() if n is not None}
    if not parts:
        return None
    days = sum(parts.pop(unit, 0) * length for unit, length in _DAYS.items()) + parts.pop("days", 0)
    return timedelta(days=days, **parts)


def _is_young(ended: datetime, expire_after: str | None) -> bool:
    if expire_after is None:
        return True
    longest = duration(expire_after)
    # What cannot be read allows no reuse: running again is never wrong.
    return longest is not None and datetime.now(UTC) - ended <= longest


def _is_intact(outputs: Mapping[str, str], storage: Storage) -> bool:
    with tempfile.TemporaryDirectory(prefix="step-cache-") as folder:
        copy = Path(folder) / "object"
        for uri, digest in outputs.items():
            if uri not in storage.list(uri):
                return False
            storage.download(uri, copy)
            if file_digest(copy) != digest:
                return False
    return True
