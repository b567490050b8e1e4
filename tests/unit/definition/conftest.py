"""Definitions are built once a session: the SDK's import takes seconds."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_socket

from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, build_definition

PIPELINES = Path(__file__).parent / "pipelines"


@pytest.fixture(autouse=True)
def _no_socket() -> Iterator[None]:
    pytest_socket.disable_socket(allow_unix_socket=False)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def catalogue() -> Iterator[ModuleType]:
    """The module of all pipelines; they import each other by name, as a user's files beside app.py do."""
    sys.path.insert(0, str(PIPELINES))
    try:
        yield importlib.import_module("sdk_pipelines")
    finally:
        sys.path.remove(str(PIPELINES))


@pytest.fixture(scope="session")
def sdk_pipelines(catalogue: ModuleType) -> dict[str, Callable[[Any], Any]]:
    pipelines: dict[str, Callable[[Any], Any]] = catalogue.PIPELINES
    return pipelines


@pytest.fixture(scope="session")
def build() -> Callable[..., PipelineDefinition]:
    def build_with_defaults(pipeline: Any, **options: Any) -> PipelineDefinition:
        defaults: dict[str, Any] = {
            "pipeline_name": "churn",
            "model_package_group_name": "churn-models",
            "region": None,
            "input_data_uri": None,
        }
        return build_definition(pipeline, **{**defaults, **options})

    return build_with_defaults


@pytest.fixture(scope="session")
def definitions(
    build: Callable[..., PipelineDefinition], sdk_pipelines: dict[str, Callable[[Any], Any]]
) -> dict[str, PipelineDefinition]:
    return {name: build(pipeline) for name, pipeline in sdk_pipelines.items()}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder of code that a test may change."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    for name in ("preprocess", "train", "evaluate", "inference"):
        (folder / f"{name}.py").write_text(f"print({name!r})\n")
    return folder
