"""The SageMaker runtime: a request to the model that an endpoint serves, answered now or into S3."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.async_inference import AsyncRequest, answer_into_s3
from cdk_sagemaker_mlops.local.engine.authorization.sagemaker_checks import sagemaker_checks
from cdk_sagemaker_mlops.local.engine.context import Services
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response
from cdk_sagemaker_mlops.local.engine.store import Record

_OK = 200
_ACCEPTED = 202
_MODEL_ERROR = 424
_OPERATIONS = {"invocations": "InvokeEndpoint", "async-invocations": "InvokeEndpointAsync"}


def answer(services: Services, request: Request) -> Response:
    """Answers one request to the SageMaker runtime.

    Args:
        services: Records and fleets.
        request: The request, with a path below ``/endpoints/``.
    """
    _, _, name, action = [*request.path.split("/", 3), ""][:4]
    operation = _OPERATIONS.get(action)
    if operation is None:
        return _error("UnknownOperationException", f"{request.path} is not emulated", 400)
    name = unquote(name)
    try:
        request.permit(sagemaker_checks(request.scope, operation, {"EndpointName": name}))
    except ApiError as error:
        return _error(error.code, error.message, 403)
    with services.store.lock:
        endpoint = dict(services.store.table(request.scope, "endpoint").get(name, {}))
    # An endpoint answers while it is updated; one that never came up, failed, or is deleted has no fleet.
    if not endpoint or services.fleets.serving(endpoint["EndpointArn"]) is None:
        return _refused(f"Endpoint {name} of account {request.scope.account} not found.")
    if operation == "InvokeEndpointAsync":
        return _invoke_async(services, request, endpoint)
    return _invoke(services, request, endpoint)


def _invoke(services: Services, request: Request, endpoint: Record) -> Response:
    name = endpoint["EndpointName"]
    if endpoint.get("AsyncInferenceConfig") is not None:
        return _refused(f"Endpoint {name} is asynchronous, and must be called as such.")
    headers = request.headers
    target = headers.get("x-amzn-sagemaker-target-variant")
    fleet = services.fleets.serving(endpoint["EndpointArn"])
    chosen = None if fleet is None else fleet.choose(target)
    if chosen is None:
        return _refused(f"Variant {target} of endpoint {name} not found.")
    variant, server = chosen
    status, content_type, answered = server.invoke(
        request.body, headers.get("content-type", "application/octet-stream"), headers.get("accept", "*/*")
    )
    if status >= 400:
        return _model_error(status, answered)
    # In lower case, ministack leaves the header as it is; spelt otherwise, it puts a type of its own there.
    return _OK, {"content-type": content_type, "x-Amzn-Invoked-Production-Variant": variant}, answered


def _invoke_async(services: Services, request: Request, endpoint: Record) -> Response:
    config = endpoint.get("AsyncInferenceConfig")
    if config is None:
        return _refused(f"Endpoint {endpoint['EndpointName']} is not asynchronous.")
    headers = {
        name.removeprefix("x-amzn-sagemaker-"): value
        for name, value in request.headers.items()
        if name.startswith("x-amzn-sagemaker-")
    }
    if "inputlocation" not in headers and not request.body:
        return _refused("InputLocation or a body must be given.")
    asked = AsyncRequest(
        scope=request.scope,
        endpoint=endpoint,
        input_location=headers.get("inputlocation"),
        body=request.body,
        content_type=headers.get("content-type", "application/octet-stream"),
        accept=headers.get("accept", "*/*"),
        inference_id=headers.get("inference-id"),
    )
    services.background(lambda: answer_into_s3(services, asked))
    told = {"x-Amzn-SageMaker-OutputLocation": asked.output_location}
    if asked.failure_location is not None:
        told["x-Amzn-SageMaker-FailureLocation"] = asked.failure_location
    body = json.dumps({"InferenceId": asked.identifier}).encode()
    return _ACCEPTED, {"content-type": "application/json", **told}, body


def _refused(message: str) -> Response:
    return _error("ValidationError", message, 400)


def _model_error(status: int, answered: bytes) -> Response:
    original = answered.decode(errors="replace")
    side = "client" if status < 500 else "server"
    message = f'Received {side} error ({status}) from primary with message "{original}".'
    return _error("ModelError", message, _MODEL_ERROR, OriginalStatusCode=status, OriginalMessage=original)


def _error(code: str, message: str, status: int, **members: Any) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"Message": message, **members}).encode()
