"""The SDK's clock and short cuts hold while a definition is built, and no longer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.definition.replaced import replaced
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment


@pytest.fixture
def steady() -> Any:
    with sdk_environment():
        from cdk_sagemaker_mlops.definition.steady_sdk import steady_sdk

        with steady_sdk():
            yield


@pytest.mark.usefixtures("steady")
def test_names_of_one_build_differ_and_repeat_in_the_next() -> None:
    from sagemaker.core import common_utils
    from sagemaker.train.utils import _get_unique_name

    from cdk_sagemaker_mlops.definition.sdk_clock import sdk_clock

    def names() -> list[str]:
        with sdk_clock():
            return [
                *(common_utils.name_from_base("job") for _ in range(2)),
                *(common_utils.name_from_base("job", short=True) for _ in range(2)),
                *(_get_unique_name("job") for _ in range(2)),
            ]

    assert len(set(names())) == 6
    assert names() == names()


@pytest.mark.usefixtures("steady")
def test_the_rest_of_the_clock_is_the_real_one() -> None:
    from sagemaker.core import common_utils
    from sagemaker.train import utils

    assert common_utils.time.monotonic is time.monotonic
    assert common_utils.time.strftime("%Y", time.gmtime(0)) == "1970"
    assert utils.datetime.now(UTC).tzinfo is UTC
    assert utils.datetime.fromtimestamp(0, UTC).year == 1970


def test_the_users_function_has_the_real_time(build: Callable[..., PipelineDefinition]) -> None:
    seen: list[float] = []

    def pipeline(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.fail_step import FailStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        seen.extend([time.time(), datetime.now(UTC).timestamp()])
        return Pipeline(ctx.pipeline_name, steps=[FailStep("Fail")], sagemaker_session=ctx.session)

    build(pipeline)

    assert all(abs(time.time() - moment) < 60 for moment in seen)


def test_everything_is_put_back(
    build: Callable[..., PipelineDefinition], sdk_pipelines: dict[str, Any]
) -> None:
    build(sdk_pipelines["script_processor"])
    from cloudpickle import CloudPickler
    from sagemaker.core import common_utils
    from sagemaker.core.config.config_manager import SageMakerConfig
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.core.remote_function.core import serialization
    from sagemaker.core.transformer import Transformer
    from sagemaker.mlops.workflow import _steps_compiler, function_step, steps
    from sagemaker.serve import model_builder

    owners = [
        CloudPickler,
        SageMakerConfig,
        Session,
        Transformer,
        _steps_compiler,
        common_utils,
        function_step._FunctionStep,
        model_builder,
        serialization,
        steps,
    ]
    before = [dict(vars(owner)) for owner in owners]
    table = dict(serialization.dispatch_table)
    build(sdk_pipelines["decorated_functions"])

    assert [dict(vars(owner)) for owner in owners] == before
    assert serialization.dispatch_table == table


def test_model_builder_leaves_no_folder(
    build: Callable[..., PipelineDefinition], sdk_pipelines: dict[str, Any]
) -> None:
    folder = Path("/tmp/sagemaker/model-builder")
    before = set(folder.glob("*"))

    build(sdk_pipelines["create_model"])

    assert set(folder.glob("*")) == before


def test_default_locations_of_two_pipelines_differ(
    build: Callable[..., PipelineDefinition], sdk_pipelines: dict[str, Any]
) -> None:
    def location(name: str) -> str:
        definition = build(sdk_pipelines["model_quality_check"], pipeline_name=name)
        (step,) = json.loads(definition.document)["Steps"]
        uri: str = step["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        return uri

    assert location("one") != location("two")


def test_replaced_takes_off_what_was_not_there() -> None:
    owner = SimpleNamespace(old=1)

    def fail_meanwhile() -> None:
        with replaced(owner, old=2, new=3):
            raise KeyError(owner.old, owner.new)

    with pytest.raises(KeyError, match=r"\(2, 3\)"):
        fail_meanwhile()

    assert vars(owner) == {"old": 1}
