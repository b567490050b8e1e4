"""InvokeEndpoint: a request to the model that an endpoint serves."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.authorization.sagemaker_checks import sagemaker_checks
from cdk_sagemaker_mlops.local.engine.context import Services
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response

_OK = 200
_MODEL_ERROR = 424


def answer(services: Services, request: Request) -> Response:
    """Answers one request to the SageMaker runtime.

    Args:
        services: Records and fleets.
        request: The request, with a path below ``/endpoints/``.
    """
    _, _, name, action = [*request.path.split("/", 3), ""][:4]
    if action != "invocations":
        return _error("UnknownOperationException", f"{request.path} is not emulated", 400)
    name = unquote(name)
    try:
        request.permit(sagemaker_checks(request.scope, "InvokeEndpoint", {"EndpointName": name}))
    except ApiError as error:
        return _error(error.code, error.message, 403)
    return _invoke(services, request, name)


def _invoke(services: Services, request: Request, name: str) -> Response:
    with services.store.lock:
        endpoint = services.store.table(request.scope, "endpoint").get(name)
        arn = None if endpoint is None else endpoint["EndpointArn"]
        is_async = endpoint is not None and endpoint.get("AsyncInferenceConfig") is not None
    # An endpoint answers while it is updated; one that never came up, failed, or is deleted has no fleet.
    fleet = None if arn is None else services.fleets.serving(arn)
    if fleet is None:
        return _error(
            "ValidationError", f"Endpoint {name} of account {request.scope.account} not found.", 400
        )
    if is_async:
        return _error("ValidationError", f"Endpoint {name} is asynchronous, and must be called as such.", 400)
    headers = request.headers
    target = headers.get("x-amzn-sagemaker-target-variant")
    chosen = fleet.choose(target)
    if chosen is None:
        return _error("ValidationError", f"Variant {target} of endpoint {name} not found.", 400)
    variant, server = chosen
    status, content_type, answered = server.invoke(
        request.body, headers.get("content-type", "application/octet-stream"), headers.get("accept", "*/*")
    )
    if status >= 400:
        return _model_error(status, answered)
    # In lower case, ministack leaves the header as it is; spelt otherwise, it puts a type of its own there.
    return _OK, {"content-type": content_type, "x-Amzn-Invoked-Production-Variant": variant}, answered


def _model_error(status: int, answered: bytes) -> Response:
    original = answered.decode(errors="replace")
    side = "client" if status < 500 else "server"
    message = f'Received {side} error ({status}) from primary with message "{original}".'
    return _error("ModelError", message, _MODEL_ERROR, OriginalStatusCode=status, OriginalMessage=original)


def _error(code: str, message: str, status: int, **members: Any) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"Message": message, **members}).encode()
