"""How handlers call SageMaker: one lazy client, errors by meaning, waits of seconds.

SageMaker words most refusals as ``ValidationException`` with a text, so the text has to be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from .errors import (
    AlreadyExistsError,
    BusyError,
    MissingError,
    NotReadyError,
    PermanentError,
    RetryableError,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

T = TypeVar("T")

BACKOFF_IN_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)

_CODES: dict[str, type[Exception]] = {
    "ResourceNotFound": MissingError,
    "ResourceNotFoundException": MissingError,
    "ConflictException": BusyError,
    "ResourceInUse": BusyError,
    "AccessDeniedException": NotReadyError,
    "Throttling": RetryableError,
    "ThrottlingException": RetryableError,
    "TooManyRequestsException": RetryableError,
    "RequestLimitExceeded": RetryableError,
    "RequestTimeout": RetryableError,
}

_TEXTS: tuple[tuple[str, type[Exception]], ...] = (
    ("in-progress endpoint", BusyError),
    ("could not find", MissingError),
    ("does not exist", MissingError),
    ("already exist", AlreadyExistsError),
    ("could not assume role", NotReadyError),
    ("could not access model data", NotReadyError),
)


@cache
def sagemaker_client() -> SageMakerClient:
    """Returns this process's client. Nothing is created before the first call."""
    retries = Config(
        retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=15
    )
    return boto3.client("sagemaker", config=retries)


@contextmanager
def by_meaning() -> Iterator[None]:
    """Turns botocore's errors into those of :mod:`.errors`.

    Raises:
        RetryableError: The same call may work in a while.
        PermanentError: It fails until someone changes something.
    """
    try:
        yield
    except ClientError as error:
        raise _kind(error)(str(error)) from error
    except (HTTPClientError, NoConnectionError) as error:
        raise RetryableError(str(error)) from error
    except BotoCoreError as error:
        raise PermanentError(str(error)) from error


def _kind(error: ClientError) -> type[Exception]:
    code = error.response["Error"]["Code"]
    if code in _CODES:
        return _CODES[code]
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return RetryableError
    text = error.response["Error"]["Message"].lower()
    return next((kind for part, kind in _TEXTS if part in text), PermanentError)


def patiently(call: Callable[[], T], *, on: tuple[type[Exception], ...]) -> T:
    """Repeats ``call`` for some seconds while it raises one of ``on``, and then lets the error through.

    Args:
        call: What to do.
        on: Errors that mean "not visible everywhere yet".

    Returns:
        What ``call`` returned.
    """
    for delay in BACKOFF_IN_SECONDS:
        try:
            return call()
        except on:
            time.sleep(delay)
    return call()
