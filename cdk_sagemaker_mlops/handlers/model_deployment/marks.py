"""Outcomes as they are written on model packages, and what they do to a package's approval epoch.

Any change of a package moves its ``LastModifiedTime``, and so would the controller's own note of an outcome
look like a new approval. Each mark therefore says when it was written and which epoch it found: while a
package's last change is a mark, of whichever controller, its epoch is the one in that mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .records import Record, Rollout
from .settings import Settings

_PREFIX = "cdk-mlops/"
SLACK_IN_MS = 3000
"""How far a mark's time and the package's may lie apart: two clocks, and the way between them."""
_WORDS = {Rollout.SUCCEEDED: "deployed", Rollout.FAILED: "failed"}
_TEXT = re.compile(
    r"(?P<outcome>deployed|failed) at=(?P<at>\S+) config=(?P<config>\S+) "
    r"attempt=(?P<attempt>\S+) approval=(?P<approval>\S+) epoch=(?P<epoch>\S+)"
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An outcome on a model package.

    Args:
        rollout: ``SUCCEEDED`` or ``FAILED``.
        at: When it was written, in milliseconds since 1970.
        config_name: Endpoint config that was rolled out.
        attempt: Fingerprint of smoke test and guardrails.
        approval: Approval epoch that the outcome counts for.
        epoch: Approval epoch of the package when the mark was written.
    """

    rollout: Rollout
    at: int
    config_name: str
    attempt: str
    approval: str
    epoch: str

    @property
    def text(self) -> str:
        """The mark as one value of a package's ``CustomerMetadataProperties``."""
        at = datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds")
        return (
            f"{_WORDS[self.rollout]} at={at} config={self.config_name} "
            f"attempt={self.attempt or '-'} approval={self.approval or '-'} epoch={self.epoch}"
        )


def key_for(settings: Settings, region: str) -> str:
    """Returns the key of this endpoint's mark; its reason is at the same key with ``/reason``."""
    return f"{_PREFIX}{settings.account}/{region}/{settings.endpoint_name}"


def mark_from(text: str) -> Mark | None:
    """Returns the mark that a metadata value says, or ``None`` if it says none."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found["at"])
    except ValueError:
        return None
    return Mark(
        rollout=Rollout.FAILED if found["outcome"] == "failed" else Rollout.SUCCEEDED,
        at=round(at.timestamp() * 1000),
        config_name=found["config"],
        attempt=found["attempt"],
        approval=found["approval"],
        epoch=found["epoch"],
    )


def epoch_of(modified_in_ms: int, metadata: Mapping[str, str]) -> str:
    """Returns what changes whenever somebody else than this library changes, or approves, a package.

    Args:
        modified_in_ms: The package's ``LastModifiedTime``, 0 if it has none.
        metadata: Its ``CustomerMetadataProperties``.
    """
    marks = [
        mark for key, value in metadata.items() if key.startswith(_PREFIX) and (mark := mark_from(value))
    ]
    newest = max(marks, key=lambda mark: mark.at, default=None)
    if newest is not None and abs(modified_in_ms - newest.at) <= SLACK_IN_MS:
        return newest.epoch
    return str(modified_in_ms)


def memory_of(metadata: Mapping[str, str], key: str, *, config_name: str) -> Record | None:
    """Returns a failure that is known from the package only: its endpoint config is not there any more.

    Args:
        metadata: The package's ``CustomerMetadataProperties``.
        key: Key of this endpoint's mark.
        config_name: Endpoint config that would serve the package now.
    """
    mark = mark_from(metadata.get(key, ""))
    if mark is None or mark.rollout is not Rollout.FAILED or mark.config_name != config_name:
        return None
    return Record(
        rollout=Rollout.FAILED,
        approval=mark.approval,
        attempt=mark.attempt,
        reason=metadata.get(f"{key}/reason", ""),
        at=mark.at,
        marked="yes",
    )
