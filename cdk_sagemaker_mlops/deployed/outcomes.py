"""How a version did on an endpoint, as the deployer writes it into the model package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_KEY = re.compile(r"cdk-mlops/(?P<account>[^/]+)/(?P<region>[^/]+)/(?P<endpoint>[^/]+)")
_REASON = "/reason"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a version did on one endpoint.

    Args:
        account: The endpoint's account.
        region: The endpoint's region.
        endpoint: The endpoint's name.
        status: ``deployed`` or ``failed``.
        text: All that was written, which changes with each judgement.
        at: When it was judged. Default: ``None``, it does not say.
        reason: Why it failed. Default: ``None``.
    """

    account: str
    region: str
    endpoint: str
    status: str
    text: str
    at: datetime | None = None
    reason: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the version was served and passed."""
        return self.status == "deployed"


def read_outcomes(metadata: Mapping[str, str]) -> tuple[Outcome, ...]:
    """Reads the outcomes in a package's ``CustomerMetadataProperties``.

    Args:
        metadata: Everything written there, by whomever.
    """
    found = []
    for key in sorted(metadata):
        match = _KEY.fullmatch(key)
        if match is not None:
            found.append(_outcome(match, metadata[key], metadata.get(f"{key}{_REASON}")))
    return tuple(found)


def _outcome(key: re.Match[str], text: str, reason: str | None) -> Outcome:
    words = text.split()
    named = dict(word.split("=", 1) for word in words if "=" in word)
    return Outcome(
        account=key["account"],
        region=key["region"],
        endpoint=key["endpoint"],
        status=words[0].lower() if words else "",
        text=text,
        at=_moment(named.get("at")),
        reason=reason,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
