"""A request to one of the engine's own services, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdk_sagemaker_mlops.local.engine.authorization.check import Permit, everything
from cdk_sagemaker_mlops.local.engine.scope import Scope

# Status, headers, body: what ministack's service handlers return.
Response = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request.

    Args:
        scope: Account and region of the caller.
        path: Path of the request.
        headers: Its headers, with names in lower case.
        body: Its body.
        permit: What the caller may do. Default: everything.
    """

    scope: Scope
    path: str
    headers: Mapping[str, str]
    body: bytes
    permit: Permit = everything
