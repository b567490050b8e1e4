"""Imports and runs the SageMaker SDK without letting it see, or change, the world around it.

The SDK needs a region at import (a class-level ``boto3.client``), validates roles over IAM, sends telemetry,
reads config files, sets up the root logger and prints notices. All of that is held off while a definition is
built, and everything it changed is put back afterwards.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import os
import random
import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.definition import placeholders

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": placeholders.REGION,
    "AWS_REGION": placeholders.REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "SAGEMAKER_VALIDATE_ROLE": "false",
    "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": os.devnull,
    "SAGEMAKER_USER_CONFIG_OVERRIDE": os.devnull,
}
# Each of these would make boto3 at the SDK's import look for something that need not exist.
_HIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL")

# The SDK gives these handlers, levels and propagation of its own at import: how to log is the app's business.
_SDK_LOGGERS = ("sagemaker.config", "sagemaker.jumpstart", "sagemaker.remote_function")

_lock = threading.RLock()


@contextlib.contextmanager
def sdk_environment() -> Iterator[None]:
    """Holds still what the SDK reads and changes, and puts it back.

    One build at a time: what is held is global to the process.
    """
    with (
        _lock,
        _no_garbage_collection(),
        _environment(),
        _quiet_logging(),
        warnings.catch_warnings(),
        _default_boto3_session(),
        _repeatable_names(),
        _no_folder_left(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Holds the collector off while a million objects are made that stay.

    It would look through all of them, and through CDK's, again and again: two fifths of the import's time,
    and four fifths of a build's. Afterwards they count as old, or its first turn would do so after all.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_freeze_count() == 0:  # nobody else's frozen objects are thawed
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    for name in _HIDDEN:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _quiet_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, logging.root.manager.disable
    sdk_loggers = [_LoggerState.of(logging.getLogger(name)) for name in _SDK_LOGGERS]
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.disable(disabled)
        for state in sdk_loggers:
            state.restore()


@dataclass(frozen=True, kw_only=True)
class _LoggerState:
    logger: logging.Logger
    handlers: tuple[logging.Handler, ...]
    level: int
    propagate: bool

    @classmethod
    def of(cls, logger: logging.Logger) -> _LoggerState:
        return cls(
            logger=logger,
            handlers=tuple(logger.handlers),
            level=logger.level,
            propagate=bool(logger.propagate),
        )

    def restore(self) -> None:
        self.logger.handlers[:] = self.handlers
        self.logger.setLevel(self.level)
        self.logger.propagate = self.propagate


@contextlib.contextmanager
def _default_boto3_session() -> Iterator[None]:
    import boto3  # noqa: PLC0415 - slow, and the SDK imports it anyway

    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@contextlib.contextmanager
def _repeatable_names() -> Iterator[None]:
    """Makes the "unique" names that the SDK invents the same in every build.

    They are made from ``uuid4``, which also seeds the global random generator; some end up in step names.
    """
    uuid4, state, builder = uuid.uuid4, random.getstate(), threading.get_ident()
    numbers = itertools.count()

    def next_uuid() -> uuid.UUID:
        if threading.get_ident() != builder:
            return uuid4()
        return uuid.uuid5(uuid.NAMESPACE_OID, str(next(numbers)))

    uuid.uuid4 = next_uuid
    try:
        yield
    finally:
        uuid.uuid4 = uuid4
        random.setstate(state)


@contextlib.contextmanager
def _no_folder_left() -> Iterator[None]:
    """Removes the temporary folders that the SDK makes and leaves, some of them to the garbage collector."""
    create, builder, default = tempfile.TemporaryDirectory.__init__, threading.get_ident(), tempfile.tempdir
    created: list[tempfile.TemporaryDirectory[str]] = []

    def create_and_remember(self: tempfile.TemporaryDirectory[str], *args: Any, **options: Any) -> None:
        create(self, *args, **options)
        if threading.get_ident() == builder:
            created.append(self)

    with tempfile.TemporaryDirectory() as own:
        tempfile.tempdir = own
        tempfile.TemporaryDirectory.__init__ = create_and_remember  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            tempfile.tempdir = default
            tempfile.TemporaryDirectory.__init__ = create  # type: ignore[method-assign]
            for folder in created:
                folder.cleanup()
