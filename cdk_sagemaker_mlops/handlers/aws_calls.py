"""How handlers call AWS: lazy clients, errors by meaning, one clock, waits of seconds.

SageMaker words most refusals as ``ValidationException`` with a text, so the text has to be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

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

T = TypeVar("T")

BACKOFF_IN_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)

clock: Callable[[], float] = time.time
"""Seconds since 1970. With :data:`sleep` all the time that handlers know: tests can have their own."""

sleep: Callable[[float], None] = time.sleep

_CODES: dict[str, type[Exception]] = {
    "ResourceNotFound": MissingError,
    "ResourceNotFoundException": MissingError,
    "ObjectNotFoundException": MissingError,
    "NotFound": MissingError,
    "NotFoundException": MissingError,
    "NoSuchKey": MissingError,
    "NoSuchBucket": MissingError,
    "404": MissingError,
    "AWS.SimpleQueueService.NonExistentQueue": MissingError,
    "QueueDoesNotExist": MissingError,
    "ConflictException": BusyError,
    "ResourceInUse": BusyError,
    "AccessDenied": NotReadyError,
    "AccessDeniedException": NotReadyError,
    "AuthorizationError": NotReadyError,
    "403": NotReadyError,
    "Throttled": RetryableError,
    "Throttling": RetryableError,
    "ThrottlingException": RetryableError,
    "ThrottledException": RetryableError,
    "TooManyRequestsException": RetryableError,
    "RequestLimitExceeded": RetryableError,
    "RequestTimeout": RetryableError,
    "SlowDown": RetryableError,
    "ConcurrentUpdateException": RetryableError,
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
def client(service: str, *, region: str | None = None, attempts: int = 4, read_timeout: int = 15) -> Any:
    """Returns this process's client of a service. Nothing is created before it is asked for.

    Args:
        service: Name as boto3 knows it, such as ``sagemaker``.
        region: Another region. Default: the function's own.
        attempts: How often a call is made at most. Default: ``4``.
        read_timeout: Seconds that a call may stay unanswered. Default: ``15``.
    """
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, connect_timeout=5, read_timeout=read_timeout)
    # The services' overloads want a literal name.
    make: Any = boto3.client
    return (
        make(service, config=config) if region is None else make(service, region_name=region, config=config)
    )


def own_region() -> str:
    """Returns the region that the function runs in."""
    region: str = client("sagemaker").meta.region_name
    return region


def now_in_ms() -> int:
    """Returns the time in milliseconds since 1970."""
    return int(clock() * 1000)


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
            sleep(delay)
    return call()
