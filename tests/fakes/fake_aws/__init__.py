"""An in-memory AWS behind real boto3 clients, for the tests of what calls it.

botocore checks every request, and each answer is checked against the operation's output shape; what AWS refuses, this
refuses, with AWS's own text where one is known. Where AWS is not documented, the stricter answer is given.
"""

from __future__ import annotations

from typing import Any

from botocore import xform_name
from botocore.model import OperationModel

from .clients import client, put_in_charge
from .data_plane import DataPlane
from .errors import ApiError, HarmError, Killed, invalid
from .hosting import Hosting
from .rollouts import FAILS, STUCK, WORKS, Rollout
from .shapes import check_answer, check_request
from .state import ACCOUNT, REGION

__all__ = [
    "ACCOUNT",
    "FAILS",
    "REGION",
    "STUCK",
    "WORKS",
    "ApiError",
    "FakeAws",
    "HarmError",
    "Killed",
    "Rollout",
    "client",
    "invalid",
    "put_in_charge",
]


class FakeAws(DataPlane, Hosting):
    """One region of AWS, as far as the handlers use it.

    Once :func:`put_in_charge`, it answers all clients that :func:`client` makes; those of another region are answered
    by what :meth:`elsewhere` returns. ``calls`` holds every call in order; ``before_call`` and ``after_call`` are called
    with its name and parameters, and may raise :class:`Killed`.
    """

    def __init__(self, region: str = REGION) -> None:
        super().__init__(region)
        self._others: dict[str, FakeAws] = {}

    def elsewhere(self, region: str) -> FakeAws:
        """The same account in another region."""
        if region == self.region:
            return self
        return self._others.setdefault(region, FakeAws(region))

    def answer(self, region: str, operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
        """Carries one call out."""
        if region != self.region and operation.service_model.service_name != "s3":
            other = self.elsewhere(region)
            other.now = max(other.now, self.now)
            return other._answer(operation, params, self)
        return self._answer(operation, params, self)

    def _answer(self, operation: OperationModel, params: dict[str, Any], home: FakeAws) -> dict[str, Any]:
        name = operation.name
        home.calls.append((name, params))
        if home.before_call is not None:
            home.before_call(name, params)
        home._fault(name)
        check_request(operation, params)
        result: dict[str, Any] = getattr(self, f"_{xform_name(name)}")(params)
        check_answer(operation, _plain(result))
        if home.after_call is not None:
            home.after_call(name, params)
        return result


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """The answer with its stream as the blob that the shape means."""
    return {**result, "Body": b""} if hasattr(result.get("Body"), "read") else result
