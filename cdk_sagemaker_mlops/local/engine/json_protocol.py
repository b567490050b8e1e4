"""AWS's JSON protocol: the operation is in a header, its parameters and its answer are JSON objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response

_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}


def answer_json(request: Request, call: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Response:
    """Answers one request.

    Args:
        request: The request.
        call: Makes the call, by operation name; raises ``ApiError``.
    """
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        result = call(operation, _read(request.body))
    except ApiError as error:
        return error.status, dict(_HEADERS), _dump({"__type": error.code, "message": error.message})
    return 200, dict(_HEADERS), _dump(result)


def _read(body: bytes) -> dict[str, Any]:
    try:
        params = json.loads(body) if body else {}
    except ValueError as error:
        raise ApiError("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(params, dict):
        raise ApiError("SerializationException", "The request must be a JSON object.")
    return params


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, default=_epoch).encode()


def _epoch(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no JSON form")
