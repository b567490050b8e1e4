"""What is noted on an endpoint config about its rollout: the controller's only memory.

As tags on the config, not on the endpoint: they outlive a Failed endpoint, which can only be deleted; and not
on the model package, which may belong to another account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

OWNER_TAG = "cdk-sagemaker-mlops:deployment"
_PREFIX = "cdk-sagemaker-mlops:"
_LONGEST_VALUE = 256


class Rollout(StrEnum):
    """How far the rollout of an endpoint config has come."""

    PREPARED = "prepared"
    """Model and config are there; whether SageMaker was asked is not known."""
    REQUESTED = "requested"
    """SageMaker has accepted to create or move the endpoint."""
    OWED = "owed"
    """It is to return, having been in service before; whether SageMaker was asked is not known."""
    RETURNING = "returning"
    """SageMaker has accepted to go back to this config, which had been in service."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is noted on an endpoint config.

    Args:
        rollout: How far its rollout has come.
        approval: The package's approval epoch when the rollout was begun; a failure counts only for that one.
        attempt: Fingerprint of smoke test and guardrails at that time; likewise.
        previous: Endpoint config to go back to, or empty.
        package_arn: Package that it serves.
        created: When that package was registered, in seconds since 1970.
        kind: Kind of endpoint.
        hardware: Instance type, or ``Serverless``.
        scaling: Fingerprint of the scaling that is registered for the endpoint while it is on this config.
        at: When the rollout began or ended, in milliseconds since 1970.
        note: What people should know about the rollout besides its outcome.
        reason: Why it failed.
        swept: How many versions were kept when the garbage was last collected on this config.
        marked: Whether the outcome is on the package too.
    """

    rollout: Rollout
    approval: str = ""
    attempt: str = ""
    previous: str = ""
    package_arn: str = ""
    created: str = ""
    kind: str = ""
    hardware: str = ""
    scaling: str = ""
    at: int = 0
    note: str = ""
    reason: str = ""
    swept: str = ""
    marked: str = ""

    @property
    def is_concluded(self) -> bool:
        """Whether it is known how the rollout ended."""
        return self.rollout in (Rollout.SUCCEEDED, Rollout.FAILED)

    def tags(self) -> dict[str, str]:
        """Returns the record as tags."""
        return {f"{_PREFIX}{field.name}": tag_text(str(getattr(self, field.name))) for field in fields(self)}


def single_tag(name: str, value: str) -> dict[str, str]:
    """Returns one field of a record as a tag, to change it alone."""
    return {f"{_PREFIX}{name}": tag_text(value)}


def record_from(tags: Mapping[str, str]) -> Record | None:
    """Returns the record among the tags of an endpoint config, or ``None``."""
    try:
        rollout = Rollout(tags[f"{_PREFIX}rollout"])
    except (KeyError, ValueError):
        return None
    names = [field.name for field in fields(Record) if field.name not in ("rollout", "at")]
    texts = {name: tags.get(f"{_PREFIX}{name}", "") for name in names}
    at = tags.get(f"{_PREFIX}at", "")
    return Record(rollout=rollout, at=int(at) if at.isdecimal() else 0, **texts)


def tag_text(text: str) -> str:
    """Returns ``text`` in the characters and length that tags and model packages' metadata take."""
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Tag.html
    allowed = re.sub(r"[^\w .:/=+\-@]", " ", text)
    return re.sub(r" +", " ", allowed).strip()[:_LONGEST_VALUE].strip()
