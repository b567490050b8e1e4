"""Keeps the SDK, while it builds a definition, from AWS, from chance, and from needless work."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.definition.decorated_functions import packed_alike
from cdk_sagemaker_mlops.definition.replaced import replaced
from cdk_sagemaker_mlops.definition.sdk_clock import sdk_clock
from cdk_sagemaker_mlops.errors import DefinitionError, Problem

_MODEL_BUILDER_FOLDERS = "/tmp/sagemaker/model-builder/"  # noqa: S108 - as ModelBuilder.model_path has it


@contextlib.contextmanager
def steady_sdk() -> Iterator[None]:
    """Holds the SDK steady; enter it inside ``sdk_environment()``, because it imports the SDK."""
    with sdk_clock(), packed_alike(), _no_config_check(), _no_look_up(), _no_model_folder():
        yield


@contextlib.contextmanager
def _no_config_check() -> Iterator[None]:
    """Keeps the SDK from checking its config, ours, against a large JSON schema 50 times a build."""
    from sagemaker.core.config.config_manager import SageMakerConfig  # noqa: PLC0415 - slow
    from sagemaker.core.helper import session_helper  # noqa: PLC0415 - slow

    with (
        replaced(SageMakerConfig, validate_sagemaker_config=staticmethod(_nothing)),
        replaced(session_helper, validate_sagemaker_config=_nothing),
    ):
        yield


@contextlib.contextmanager
def _no_look_up() -> Iterator[None]:
    """Answers what the SDK would look up, on disk, in botocore's models or in AWS.

    * ``ProcessingStep`` and ``TransformStep`` create a local session, with two real clients, to learn the
      name of one of its methods.
    * Each image URI reads botocore's table of endpoints anew.
    * ``Transformer`` describes its model in AWS to name the job, which a pipeline names itself.
    """
    from sagemaker.core import common_utils  # noqa: PLC0415 - slow
    from sagemaker.core.helper.session_helper import Session  # noqa: PLC0415 - slow
    from sagemaker.core.local.local_session import LocalSagemakerClient  # noqa: PLC0415 - slow
    from sagemaker.core.transformer import Transformer  # noqa: PLC0415 - slow
    from sagemaker.mlops.workflow import steps  # noqa: PLC0415 - slow

    class NamesOnly(LocalSagemakerClient):  # type: ignore[misc]  # the SDK ships no types
        def __init__(self) -> None:
            """Creates no session."""

    missing = {} if hasattr(Session, "auto_ml") else {"auto_ml": _NoAutoMl()}
    with (
        replaced(steps, LocalSagemakerClient=NamesOnly),
        replaced(common_utils, _botocore_resolver=_endpoint_resolver),
        replaced(Transformer, _retrieve_image_uri=_nothing),
        replaced(Session, **missing),
    ):
        yield


@contextlib.contextmanager
def _no_model_folder() -> Iterator[None]:
    """Keeps ``ModelBuilder`` from making, and leaving, a folder for a model that it never downloads."""
    from sagemaker.serve import model_builder  # noqa: PLC0415 - slow

    class Os:
        def makedirs(self, name: Any, *arguments: Any, **options: Any) -> None:
            if not str(name).startswith(_MODEL_BUILDER_FOLDERS):
                os.makedirs(name, *arguments, **options)  # noqa: PTH103 - as the SDK calls it

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

    with replaced(model_builder, os=Os()):
        yield


class _NoAutoMl:
    """Stands where ``AutoMLStep`` expects ``Session.auto_ml``, which version 3 of the SDK no longer has."""

    def __get__(self, instance: object, owner: type) -> Any:
        raise DefinitionError(
            Problem(
                code="NotInTheSdk",
                parameter="pipeline",
                rule="use what its version of the SDK has",
                value="AutoMLStep, which calls Session.auto_ml",
                fix="start the AutoML job from a LambdaStep or a CallbackStep",
            )
        )


def _nothing(*_arguments: Any, **_options: Any) -> None:
    return None


@functools.cache
def _endpoint_resolver() -> Any:
    import botocore.loaders  # noqa: PLC0415 - slow
    import botocore.regions  # noqa: PLC0415 - slow

    return botocore.regions.EndpointResolver(botocore.loaders.create_loader().load_data("endpoints"))
