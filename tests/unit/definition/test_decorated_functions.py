"""A job of ``@step`` finds its function where its arguments say, unaltered, and can run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition.decorated_functions import BUILD_MARK
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.errors import DefinitionError


class _ReadOnlyS3:
    """What the SDK's reader in the container asks of its session: the bytes of an object."""

    def __init__(self, code: Any) -> None:
        self._code = code

    def read(self, uri: str, _session: object) -> bytes:
        content: bytes = self._code[uri.removeprefix("s3://").partition("/")[2]]
        return content


def _step(definition: PipelineDefinition, name: str) -> dict[str, Any]:
    (step,) = (step for step in json.loads(definition.document)["Steps"] if step["Name"].startswith(name))
    arguments: dict[str, Any] = step["Arguments"]
    return arguments


def _argument(arguments: dict[str, Any], option: str) -> str:
    container = arguments["AlgorithmSpecification"]["ContainerArguments"]
    value: str = container[container.index(option) + 1]
    return value


def _folder(arguments: dict[str, Any]) -> str:
    options = ("--s3_base_uri", "--pipeline_step_name", "--func_step_s3_dir")
    return "/".join(_argument(arguments, option) for option in options)


@pytest.fixture
def reader(definitions: dict[str, PipelineDefinition], monkeypatch: pytest.MonkeyPatch) -> Any:
    from sagemaker.core.remote_function.core import serialization

    s3 = _ReadOnlyS3(definitions["decorated_functions"].code)
    monkeypatch.setattr(serialization, "_read_bytes_from_s3", s3.read)
    return serialization


def test_the_sdk_verifies_and_runs_what_was_uploaded(
    definitions: dict[str, PipelineDefinition], reader: Any
) -> None:
    load = _step(definitions["decorated_functions"], "Load")
    total = _step(definitions["decorated_functions"], "total")
    key = load["Environment"]["REMOTE_FUNCTION_SECRET_KEY"]

    numbers = reader.deserialize_func_from_s3(None, f"{_folder(load)}/function", key)(4)
    arguments, _ = reader.deserialize_obj_from_s3(None, f"{_folder(total)}/arguments", key)
    add_up = reader.deserialize_func_from_s3(None, f"{_folder(total)}/function", key)

    assert numbers == [0, 1, 2, 3]
    assert add_up(numbers, arguments[1]) == 8


def test_fails_when_a_payload_was_changed(
    definitions: dict[str, PipelineDefinition], reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = _step(definitions["decorated_functions"], "Load")
    read = reader._read_bytes_from_s3
    monkeypatch.setattr(
        reader,
        "_read_bytes_from_s3",
        lambda uri, session: read(uri, session) + (b"" if uri.endswith(".json") else b"!"),
    )

    with pytest.raises(Exception, match="Integrity check"):
        reader.deserialize_func_from_s3(
            None, f"{_folder(load)}/function", load["Environment"]["REMOTE_FUNCTION_SECRET_KEY"]
        )


def test_results_go_where_the_next_step_reads_them(definitions: dict[str, PipelineDefinition]) -> None:
    load = _step(definitions["decorated_functions"], "Load")
    parts = load["OutputDataConfig"]["S3OutputPath"]["Std:Join"]["Values"]

    assert "/".join(parts[:3]) == _folder(load)
    assert parts[3:] == [{"Get": "Execution.PipelineExecutionId"}, "results"]


def test_nothing_says_where_the_source_lay(
    definitions: dict[str, PipelineDefinition], catalogue: ModuleType
) -> None:
    definition = definitions["decorated_functions"]
    folder = str(catalogue.CODE.parent)

    assert folder not in definition.document
    assert all(folder.encode() not in content for content in definition.code.values())
    assert BUILD_MARK not in definition.document
    assert not any(BUILD_MARK in key for key in definition.code)


def _one_step(text: str) -> Callable[[PipelineContext], Any]:
    def pipeline(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.function_step import step
        from sagemaker.mlops.workflow.pipeline import Pipeline

        said = ctx.bucket if text == "bucket" else text

        @step(name="Say", role=ctx.role_arn, image_uri="mine:1", instance_type="ml.m5.large")
        def say() -> str:
            return said

        return Pipeline(ctx.pipeline_name, steps=[say()], sagemaker_session=ctx.session)

    return pipeline


def test_a_change_of_the_function_changes_its_folder(build: Callable[..., PipelineDefinition]) -> None:
    first, second, again = (build(_one_step(text)) for text in ("a", "b", "a"))

    assert _folder(_step(first, "Say")) != _folder(_step(second, "Say"))
    assert first == again


def test_fails_when_a_function_closes_over_a_placeholder(build: Callable[..., PipelineDefinition]) -> None:
    with pytest.raises(DefinitionError) as raised:
        build(_one_step("bucket"))

    assert str(raised.value) == (
        f"PlaceholderInCode: pipeline must keep the context's values out of the files that it uploads, got "
        f"'churn/churn/Say/{BUILD_MARK}/function/payload.pkl'; hand the value on as an argument, "
        "hyperparameter or environment variable of the step"
    )
