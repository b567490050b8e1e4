"""SageMaker's two HTTP interfaces: the JSON control plane, and InvokeEndpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane
from cdk_sagemaker_mlops.local.engine.scope import Scope

# Status, headers, body: what ministack's service handlers return.
Response = tuple[int, dict[str, str], bytes]

_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_OK = 200
_MODEL_ERROR = 424


def answer(plane: ControlPlane, scope: Scope, path: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Answers one request to SageMaker or the SageMaker runtime; both sign as ``sagemaker``.

    Args:
        plane: The control plane.
        scope: Account and region of the caller.
        path: Path of the request.
        headers: Its headers, with names in lower case.
        body: Its body.
    """
    if path.startswith("/endpoints/"):
        return _runtime(plane, scope, path, headers, body)
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        result = plane.call(scope, operation, _read_json(body))
    except ApiError as error:
        return error.status, dict(_JSON), _dump({"__type": error.code, "message": error.message})
    return _OK, dict(_JSON), _dump(result)


def _read_json(body: bytes) -> dict[str, Any]:
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


def _runtime(
    plane: ControlPlane, scope: Scope, path: str, headers: Mapping[str, str], body: bytes
) -> Response:
    _, _, name, action = [*path.split("/", 3), ""][:4]
    if action != "invocations":
        return _runtime_error("UnknownOperationException", f"{path} is not emulated", 400)
    return invoke(plane, scope, unquote(name), headers, body)


def invoke(plane: ControlPlane, scope: Scope, name: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Sends a request to the model that an endpoint serves."""
    services = plane.services
    with services.store.lock:
        endpoint = services.store.table(scope, "endpoint").get(name)
        arn = None if endpoint is None else endpoint["EndpointArn"]
        is_async = endpoint is not None and endpoint.get("AsyncInferenceConfig") is not None
    # An endpoint answers while it is updated; one that never came up, failed, or is deleted has no fleet.
    fleet = None if arn is None else services.fleets.serving(arn)
    if fleet is None:
        return _runtime_error(
            "ValidationError", f"Endpoint {name} of account {scope.account} not found.", 400
        )
    if is_async:
        return _runtime_error(
            "ValidationError", f"Endpoint {name} is asynchronous, and must be called as such.", 400
        )
    target = headers.get("x-amzn-sagemaker-target-variant")
    chosen = fleet.choose(target)
    if chosen is None:
        return _runtime_error("ValidationError", f"Variant {target} of endpoint {name} not found.", 400)
    variant, server = chosen
    status, content_type, answered = server.invoke(
        body, headers.get("content-type", "application/octet-stream"), headers.get("accept", "*/*")
    )
    if status >= 400:
        return _model_error(status, answered)
    # In lower case, ministack leaves the header as it is; spelt otherwise, it puts a type of its own there.
    return _OK, {"content-type": content_type, "x-Amzn-Invoked-Production-Variant": variant}, answered


def _model_error(status: int, answered: bytes) -> Response:
    original = answered.decode(errors="replace")
    side = "client" if status < 500 else "server"
    message = f'Received {side} error ({status}) from primary with message "{original}".'
    return _runtime_error(
        "ModelError", message, _MODEL_ERROR, OriginalStatusCode=status, OriginalMessage=original
    )


def _runtime_error(code: str, message: str, status: int, **members: Any) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"Message": message, **members}).encode()
