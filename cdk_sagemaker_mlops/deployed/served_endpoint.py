"""The endpoint that serves the approved model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.errors import OperationError, Problem

_POLL_SECONDS = 0.3
_SETTLED_BADLY = {"Failed", "UpdateRollbackFailed", "OutOfService"}


@dataclass(frozen=True, kw_only=True)
class EndpointState:
    """An endpoint as the API tells it.

    Args:
        name: Its name.
        status: SageMaker's word.
        model_package_arn: The model package it serves. Default: ``None``, its model is not from the registry.
        failure_reason: Why it failed. Default: ``None``.
    """

    name: str
    status: str
    model_package_arn: str | None = None
    failure_reason: str | None = None


def describe_endpoint(sagemaker: Any, name: str) -> EndpointState | None:
    """Reads an endpoint and what it serves.

    Returns:
        ``None`` when there is no such endpoint, or what it names is being replaced at this moment.
    """
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None
        raise
    containers = [model.get("PrimaryContainer"), *model.get("Containers", [])]
    packages = [
        container["ModelPackageName"]
        for container in containers
        if container and "ModelPackageName" in container
    ]
    return EndpointState(
        name=name,
        status=endpoint["EndpointStatus"],
        model_package_arn=packages[0] if packages else None,
        failure_reason=endpoint.get("FailureReason"),
    )


def wait_until_served(
    sagemaker: Any,
    name: str,
    model_package_arn: str,
    *,
    timeout: float = 300,
    on_state: Callable[[EndpointState | None], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> EndpointState:
    """Waits until an endpoint is ``InService`` on a model package; on another one, it is not there yet.

    Args:
        sagemaker: A SageMaker client.
        name: The endpoint's name.
        model_package_arn: The model package it must serve.
        timeout: Seconds to wait. Default: ``300``.
        on_state: Receives every state that was read.
        sleep: Waits so many seconds. Default: ``time.sleep``.
        clock: Seconds that only grow. Default: ``time.monotonic``.

    Raises:
        OperationError: The endpoint failed, or the time is over.
    """
    until = clock() + timeout
    while True:
        state = describe_endpoint(sagemaker, name)
        on_state(state)
        serves = state is not None and state.model_package_arn == model_package_arn
        if state is not None and serves and state.status == "InService":
            return state
        if state is not None and serves and state.status in _SETTLED_BADLY:
            raise OperationError(_failed(state))
        if clock() >= until:
            raise OperationError(_too_late(name, model_package_arn, timeout, state))
        sleep(_POLL_SECONDS)


def _failed(state: EndpointState) -> Problem:
    return Problem(
        code="EndpointFailed",
        parameter=f"endpoint {state.name}",
        rule="become InService",
        value=state.status if state.failure_reason is None else f"{state.status}: {state.failure_reason}",
        fix="correct the model's inference code",
    )


def _too_late(name: str, package: str, timeout: float, state: EndpointState | None) -> Problem:
    return Problem(
        code="EndpointNotInService",
        parameter=f"endpoint {name}",
        rule=f"serve {package} within {timeout:g} seconds",
        value="no endpoint" if state is None else f"{state.status} on {state.model_package_arn}",
        fix="look at the deployer's queue and its dead-letter queue",
    )


def invoke(runtime: Any, name: str, *, body: bytes, content_type: str, source: str) -> object:
    """Sends one request to an endpoint.

    Args:
        runtime: A SageMaker runtime client.
        name: The endpoint's name.
        body: The request.
        content_type: Its content type.
        source: Where it was read from, for the error.

    Returns:
        The answer: decoded when it is JSON, else its text.

    Raises:
        OperationError: The model refused the request or failed on it.
    """
    try:
        answer = runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType=content_type)
    except ClientError as error:
        problem = Problem(
            code="InvocationFailed",
            parameter=source,
            rule="be answered by the endpoint",
            value=error.response["Error"]["Message"],
            fix="send what the model's input_fn reads, or correct it",
        )
        raise OperationError(problem) from error
    return decode(answer["Body"].read(), answer.get("ContentType", ""))


def decode(body: bytes, content_type: str) -> object:
    """Turns a response body into a value: JSON by its content type, else text."""
    text = body.decode("utf-8", "replace").strip()
    if content_type.partition(";")[0].strip() == "application/json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
