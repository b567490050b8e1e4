"""The functions of ``@step``, packed to the same bytes on every machine.

The SDK pickles each function, signs the pickle with a key pair made for the occasion, and uploads it under
the time of the build; the job forms that place's address from its arguments, so it cannot be renamed like
other code. Here the time is a mark, which :class:`~cdk_sagemaker_mlops.definition.code_bundle.CodeBundle`
replaces by the hash of what was uploaded; the pickle forgets where the source lay; and the key is always the
same. The signature then shows that a pickle is whole, not who wrote it: as with all code in the artifact
bucket, whoever may write there decides what runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import types
from base64 import b64encode
from collections.abc import Iterator
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any

from cdk_sagemaker_mlops.definition.replaced import replaced

BUILD_MARK = "q7xk3mlops-build"
"""Stands for the time of the build in the keys of what ``@step`` uploads, and in its jobs' arguments."""

_PRIVATE_KEY = int.from_bytes(hashlib.sha256(b"cdk-sagemaker-mlops @step").digest(), "big") >> 1


@contextlib.contextmanager
def packed_alike() -> Iterator[None]:
    """Lets the SDK pack decorated functions without a trace of time, place and chance."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - comes with the SDK
    from sagemaker.core.remote_function.core import serialization  # noqa: PLC0415 - slow
    from sagemaker.mlops.workflow import _steps_compiler, function_step  # noqa: PLC0415 - slow

    keys = SimpleNamespace(
        SECP256R1=ec.SECP256R1, generate_private_key=lambda curve: ec.derive_private_key(_PRIVATE_KEY, curve)
    )
    with (
        replaced(_steps_compiler, sagemaker_timestamp=lambda: BUILD_MARK, ec=keys),
        replaced(serialization, _sign_payload=_signature),
        _pickles_without_paths(serialization),
        _described_without_paths(function_step._FunctionStep),
    ):
        yield


def _signature(payload: bytes, key: Any) -> str:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - comes with the SDK
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - comes with the SDK

    return b64encode(key.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))).decode()


@contextlib.contextmanager
def _pickles_without_paths(serialization: Any) -> Iterator[None]:
    import cloudpickle  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the SDK

    table = serialization.dispatch_table
    new_arguments = cloudpickle.CloudPickler._function_getnewargs

    def code(value: types.CodeType) -> Any:
        return cloudpickle.cloudpickle._code_reduce(
            value.replace(co_filename=PurePath(value.co_filename).name)
        )

    def function(self: Any, value: types.FunctionType) -> Any:
        bytecode, scope, *rest = new_arguments(self, value)
        if "__file__" in scope:
            scope["__file__"] = PurePath(scope["__file__"]).name
        return (bytecode, scope, *rest)

    table[types.CodeType] = code
    try:
        with replaced(cloudpickle.CloudPickler, _function_getnewargs=function):
            yield
    finally:
        del table[types.CodeType]


@contextlib.contextmanager
def _described_without_paths(step: Any) -> Iterator[None]:
    """A function without docstring is described by the path of its file: on every machine another one."""
    create = step.__init__

    def create_step(self: Any, name: str, display_name: str, description: str, **options: Any) -> None:
        path = options["func"].__code__.co_filename
        described = PurePath(path).name if description == path else description
        create(self, name, display_name, described, **options)

    with replaced(step, __init__=create_step):
        yield
