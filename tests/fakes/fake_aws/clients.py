"""Real boto3 clients whose calls a fake answers.

botocore checks and serialises each request as always; instead of sending it, it is handed to whichever fake is in
charge. Clients are made once a process: loading SageMaker's service model is most of a test's time.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, ClassVar, Protocol

import boto3
from botocore.config import Config
from botocore.model import OperationModel

from .errors import ApiError


class InCharge(Protocol):
    """What answers the clients' calls."""

    def answer(self, region: str, operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
        """Returns the result, or raises :class:`ApiError`."""


class _Status:
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


_current: list[InCharge] = []
# Threads of one test may ask for the same new client at once; boto3's sessions are not made for that.
_making = threading.Lock()


def put_in_charge(fake: InCharge) -> None:
    """From now on ``fake`` answers."""
    _current[:] = [fake]


def client(service: str, region_name: str | None = None, **_: object) -> Any:
    """Stands in for :func:`boto3.client`; options such as retries and timeouts mean nothing in memory."""
    with _making:
        return _client(service, region_name if region_name is not None else "eu-west-1")


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="eu-west-1")


@cache
def _client(service: str, region_name: str) -> Any:
    made = _session().client(
        service,
        region_name=region_name,
        config=Config(user_agent="tests", retries={"mode": "standard", "total_max_attempts": 1}),
    )
    made.meta.events.register_last(f"before-parameter-build.{service}", _keep)
    made.meta.events.register_last(f"before-call.{service}", _answer)
    return made


def _keep(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    context["fake_params"] = dict(params)


def _answer(model: OperationModel, context: dict[str, Any], **_: object) -> tuple[_Status, dict[str, Any]]:
    try:
        result = _current[0].answer(context["client_region"], model, context["fake_params"])
    except ApiError as error:
        metadata = {"HTTPStatusCode": error.status, "RequestId": "fake"}
        said = {"Error": {"Code": error.code, "Message": error.message}, "ResponseMetadata": metadata}
        return _Status(error.status), said
    return _Status(200), {**result, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "fake"}}
