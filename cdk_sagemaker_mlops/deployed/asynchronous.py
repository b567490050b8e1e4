"""Asks an asynchronous endpoint: its requests and answers are objects in S3."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.predictions import Ask, RefusedError

_DENIED = {"AccessDenied", "AccessDeniedException"}
_MISSING = {
    "NoSuchKey",
    "404",
    *_DENIED,
}  # without permission to list, S3 says that what is missing is denied


def output_path(sagemaker: Any, endpoint: str) -> str | None:
    """Says where an asynchronous endpoint puts its answers.

    Args:
        sagemaker: A SageMaker client.
        endpoint: The endpoint's name.

    Returns:
        ``None`` for an endpoint that answers at once, that does not exist, or that may not be looked at.
    """
    try:
        described = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        # Whoever may only ask the endpoint can still do so.
        if error.response["Error"]["Code"] in {*_DENIED, "ValidationException"}:
            return None
        raise
    config = described.get("AsyncInferenceConfig") or {}
    path = config.get("OutputConfig", {}).get("S3OutputPath")
    return None if path is None else str(path)


def asynchronous_sender(
    runtime: Any,
    s3: Any,
    endpoint: str,
    *,
    output: str,
    content_type: str,
    accept: str | None,
    poll_seconds: float,
    timeout_seconds: float = 3600,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Ask:
    """Gives what sends one request and waits for its answer.

    Requests are put beside the answers, where the endpoint's role may read, and deleted with them.

    Args:
        runtime: A SageMaker runtime client.
        s3: An S3 client.
        endpoint: The endpoint's name.
        output: Where it puts its answers, as ``s3://bucket/prefix``.
        content_type: Content type of the requests.
        accept: Content type wanted back. ``None`` for the model's own choice.
        poll_seconds: Seconds between two looks for the answer.
        timeout_seconds: Seconds to wait for one. Default: ``3600``, which is the longest that the service
            waits for a model.
        sleep: Waits so many seconds. Default: ``time.sleep``.
        clock: Seconds that only grow. Default: ``time.monotonic``.
    """
    wanted = {} if accept is None else {"Accept": accept}

    def ask(body: bytes) -> tuple[bytes, str]:
        uri = f"{output.rstrip('/')}/requests/{uuid.uuid4()}"
        s3.put_object(**_place(uri), Body=body)
        try:
            asked = runtime.invoke_endpoint_async(
                EndpointName=endpoint, InputLocation=uri, ContentType=content_type, **wanted
            )
            return _wait(asked), accept or "application/json"
        finally:
            s3.delete_object(**_place(uri))

    def _wait(asked: dict[str, str]) -> bytes:
        until = clock() + timeout_seconds
        while True:
            failure = _taken(s3, asked.get("FailureLocation"))
            if failure is not None:
                raise RefusedError(failure.decode("utf-8", "replace"))
            answer = _taken(s3, asked["OutputLocation"])
            if answer is not None:
                return answer
            if clock() >= until:
                raise RefusedError(f"no answer within {timeout_seconds:g} seconds")
            sleep(poll_seconds)

    return ask


def _place(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


def _taken(s3: Any, uri: str | None) -> bytes | None:
    """Reads an object and deletes it; ``None`` when it is not there."""
    if uri is None:
        return None
    try:
        body: bytes = s3.get_object(**_place(uri))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    s3.delete_object(**_place(uri))
    return body
