"""The user's sample request: a model that loads but does not answer as it should is not deployed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, ReadTimeoutError

from .. import aws_calls, contract
from ..aws_calls import by_meaning, client
from ..errors import NotReadyError, PermanentError, RetryableError
from .settings import Settings

_TRIES = 3
_PAUSE_IN_SECONDS = 3.0
_TIMEOUT_IN_SECONDS = 60
# SageMaker gives a model 60 seconds to answer.
_READ_TIMEOUT_IN_SECONDS = 65
_MOST_SHOWN = 120
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_MODELS_FAULT = frozenset(
    {
        "InternalDependencyException",
        "InternalFailure",
        "ModelError",
        "ModelNotReadyException",
        "ServiceUnavailable",
        "ValidationError",
    }
)


def smoke_test(settings: Settings, config_name: str) -> str | None:
    """Sends the sample request, if there is one, and looks at the answer.

    Args:
        settings: The deployment's.
        config_name: Endpoint config that is in service.

    Returns:
        ``None`` if the test passed or there is none; otherwise what was wrong.

    Raises:
        RetryableError: The request could not be made; it may be in a while.
        PermanentError: The request may not be made.
    """
    test = settings.part(contract.SMOKE_TEST)
    if not test:
        return None
    until = aws_calls.clock() + test.get(contract.TIMEOUT_IN_SECONDS, _TIMEOUT_IN_SECONDS)
    ask = _ask_later if settings.kind == contract.ASYNC else _ask
    problem: str | None = None
    for number in range(_TRIES):
        if number:
            aws_calls.sleep(_PAUSE_IN_SECONDS)
        try:
            problem = _problem(ask(settings, test, config_name, until), test)
        except _NoAnswerError as error:
            problem = str(error)
        if problem is None or aws_calls.clock() >= until:
            break
    return None if problem is None else f"the smoke test failed: {problem}"


class _NoAnswerError(Exception):
    """The model did not answer, or with an error."""


def _problem(answer: str, test: Mapping[str, Any]) -> str | None:
    expect = test.get(contract.EXPECT, {})
    shown = repr(answer[:_MOST_SHOWN])
    if contract.CONTAINS in expect and expect[contract.CONTAINS] not in answer:
        return f"the answer does not contain {expect[contract.CONTAINS]!r}: {shown}"
    if contract.EQUALS in expect and expect[contract.EQUALS].strip() != answer.strip():
        return f"the answer is not {expect[contract.EQUALS]!r}: {shown}"
    if contract.REGEX in expect and re.search(expect[contract.REGEX], answer) is None:
        return f"the answer does not match {expect[contract.REGEX]!r}: {shown}"
    return None


def _ask(settings: Settings, test: Mapping[str, Any], _config_name: str, _until: float) -> str:
    timeout = min(_READ_TIMEOUT_IN_SECONDS, test.get(contract.TIMEOUT_IN_SECONDS, _TIMEOUT_IN_SECONDS))
    runtime = client("sagemaker-runtime", attempts=1, read_timeout=timeout)
    try:
        with by_meaning():
            answer = runtime.invoke_endpoint(
                EndpointName=settings.endpoint_name,
                Body=base64.b64decode(test[contract.BODY]),
                **_headers(test),
            )
            body: bytes = answer["Body"].read()
    except (RetryableError, PermanentError) as error:
        raise _meaning(error) from error
    return body.decode(errors="replace")


def _meaning(error: Exception) -> Exception:
    """Tells a model that does not answer from a request that could not be made."""
    cause = error.__cause__
    if isinstance(cause, ReadTimeoutError):
        return _NoAnswerError("no answer in time")
    if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _MODELS_FAULT:
        return _NoAnswerError(str(error))
    if isinstance(error, RetryableError | NotReadyError):
        return error
    return _NoAnswerError(str(error))


def _ask_later(settings: Settings, test: Mapping[str, Any], config_name: str, until: float) -> str:
    """Asks an asynchronous endpoint: its requests and answers are objects in S3."""
    output = settings.part(contract.ENDPOINT_CONFIG)["AsyncInferenceConfig"]["OutputConfig"]
    where = urlsplit(f"{output['S3OutputPath'].rstrip('/')}/smoke-test/{config_name}")
    request = {"Bucket": where.netloc, "Key": where.path.lstrip("/")}
    s3, runtime = client("s3"), client("sagemaker-runtime", attempts=1)
    try:
        with by_meaning():
            s3.put_object(**request, Body=base64.b64decode(test[contract.BODY]))
            asked = runtime.invoke_endpoint_async(
                EndpointName=settings.endpoint_name, InputLocation=where.geturl(), **_headers(test)
            )
        return _answer_in_s3(asked, until)
    except (RetryableError, PermanentError) as error:
        raise _meaning(error) from error
    finally:
        _forget(request)


def _answer_in_s3(asked: Mapping[str, str], until: float) -> str:
    while True:
        failure = _object(asked.get("FailureLocation"))
        if failure is not None:
            raise _NoAnswerError(f"the model answered with an error: {failure[:_MOST_SHOWN]!r}")
        answer = _object(asked["OutputLocation"])
        if answer is not None:
            return answer
        if aws_calls.clock() >= until:
            raise _NoAnswerError("no answer in time")
        aws_calls.sleep(_PAUSE_IN_SECONDS)


def _object(uri: str | None) -> str | None:
    """Reads and deletes an object; ``None`` if it is not there, which S3 may word as not being allowed."""
    if uri is None:
        return None
    where = urlsplit(uri)
    place = {"Bucket": where.netloc, "Key": where.path.lstrip("/")}
    try:
        with by_meaning():
            body: bytes = client("s3").get_object(**place)["Body"].read()
    except PermanentError:
        return None
    _forget(place)
    return body.decode(errors="replace")


def _forget(place: Mapping[str, str]) -> None:
    with suppress(RetryableError, PermanentError), by_meaning():
        client("s3").delete_object(**place)


def _headers(test: Mapping[str, Any]) -> dict[str, str]:
    return {key: test[key] for key in (contract.CONTENT_TYPE, contract.ACCEPT) if key in test}
