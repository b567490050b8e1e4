"""The SDK builds definitions without AWS, the same bytes every time, and leaves no trace."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.errors import DefinitionError

PIPELINES = Path(__file__).parent / "pipelines"
BUILD_ALL = """
import json, logging, os, random, sys, tempfile, threading, warnings
from pathlib import Path
def state():
    boto3 = sys.modules.get("boto3")
    return [
        dict(os.environ), logging.getLogger().handlers[:], logging.getLogger().level,
        logging.root.manager.disable, warnings.filters[:], random.getstate(), boto3 and boto3.DEFAULT_SESSION,
        os.listdir(tempfile.gettempdir()), [thread.name for thread in threading.enumerate()], sys.excepthook,
    ]
before = state()
sys.path.insert(0, sys.argv[1])
import sdk_pipelines
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import build_definition
pipelines = {**sdk_pipelines.PIPELINES, "standard": StandardPipeline(source_dir=sdk_pipelines.CODE)}
built = {}
for name, pipeline in pipelines.items():
    definition = build_definition(pipeline, pipeline_name="churn", model_package_group_name="churn-models",
                                  region=None, input_data_uri=None)
    built[name] = [definition.document, {key: body.hex() for key, body in definition.code.items()}]
for now, then in zip(state(), before, strict=True):
    assert now == then, (now, then)
Path(sys.argv[2]).write_text(json.dumps(built))
"""


def test_builds_what_the_sdk_can_express(definitions: dict[str, PipelineDefinition]) -> None:
    for name, definition in definitions.items():
        document = json.loads(definition.document)

        assert document["Version"] == "2020-12-01", name
        assert document["Steps"], name


def test_every_code_uri_points_at_a_bundled_object(definitions: dict[str, PipelineDefinition]) -> None:
    for name, definition in definitions.items():
        uris = re.findall(r"s3://[^/\"]+/(code/[^\",:]+)", definition.document)

        for uri in uris:
            assert any(key == uri or key.startswith(uri.rstrip("/") + "/") for key in definition.code), (
                name,
                uri,
            )
        bundled = {key.split("/")[1] for key in definition.code if key.startswith("code/")}
        assert bundled == {uri.split("/")[1] for uri in uris}, name


def test_is_the_same_in_another_process_folder_and_time(
    tmp_path: Path, definitions: dict[str, PipelineDefinition], build: Callable[..., PipelineDefinition]
) -> None:
    elsewhere = tmp_path / "another place"
    shutil.copytree(PIPELINES, elsewhere)
    (elsewhere / "code" / "__pycache__").mkdir()
    (elsewhere / "code" / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"by-product")
    home = tmp_path / "home"
    home.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONHASHSEED": "7",
        "TMPDIR": str(temporary),
    }

    ran = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", BUILD_ALL, str(elsewhere), str(tmp_path / "out")],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert ran.stderr == "", "the SDK printed something"
    built = json.loads((tmp_path / "out").read_text())
    here = {**definitions, "standard": build(StandardPipeline(source_dir=PIPELINES / "code"))}
    assert {name: document for name, (document, _) in built.items()} == {
        name: definition.document for name, definition in here.items()
    }
    assert {name: code for name, (_, code) in built.items()} == {
        name: {key: body.hex() for key, body in definition.code.items()} for name, definition in here.items()
    }


def test_a_change_of_code_changes_its_uri(tmp_path: Path, build: Callable[..., PipelineDefinition]) -> None:
    shutil.copytree(PIPELINES / "code", tmp_path / "code")
    before = build(StandardPipeline(source_dir=tmp_path / "code"))
    (tmp_path / "code" / "train.py").write_text("print('changed')")
    after = build(StandardPipeline(source_dir=tmp_path / "code"))

    assert before.document != after.document
    assert set(before.code) != set(after.code)


def test_ignores_the_users_credentials_profile_and_sdk_config(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    build: Callable[..., PipelineDefinition],
    sdk_pipelines: dict[str, Callable[[Any], Any]],
    definitions: dict[str, PipelineDefinition],
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "SchemaVersion: '1.0'\n"
        "SageMaker: {PythonSDK: {Modules: {Session: {DefaultS3Bucket: theirs}}},"
        " TrainingJob: {EnableNetworkIsolation: true}}\n"
    )
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")

    assert build(sdk_pipelines["train_with_source_code"]) == definitions["train_with_source_code"]


def test_leaves_the_process_as_it_was(
    build: Callable[..., PipelineDefinition],
    sdk_pipelines: dict[str, Callable[[Any], Any]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    def state() -> dict[str, Any]:
        return {
            "environment": dict(os.environ),
            "root handlers": logging.getLogger().handlers[:],
            "root level": logging.getLogger().level,
            "disabled": logging.root.manager.disable,
            "sdk level": logging.getLogger("sagemaker.config").level,
            "warnings": warnings.filters[:],
            "random": random.getstate(),
            "uuid4": uuid.uuid4,
            "session": boto3.DEFAULT_SESSION,
        }

    before = state()
    build(sdk_pipelines["register_with_repack"])

    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_inlines_image_uris_when_the_region_is_known(
    build: Callable[..., PipelineDefinition], sdk_pipelines: dict[str, Callable[[Any], Any]]
) -> None:
    definition = build(sdk_pipelines["train_without_source_code"], region="eu-west-1")

    assert "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3" in (
        definition.document
    )
    assert definition.image_tables == {}


def test_keeps_the_registry_table_when_the_region_is_not_known(
    definitions: dict[str, PipelineDefinition],
) -> None:
    (table,) = definitions["train_without_source_code"].image_tables.values()

    assert table["us-east-1"] == "683313688378"
    assert table["eu-west-1"] == "141502667606"
    assert "cn-north-1" in table


def test_cdk_tokens_enter_through_placeholders(build: Callable[..., PipelineDefinition]) -> None:
    from sagemaker.core.workflow.parameters import ParameterString

    key = "${Token[Key.Arn.12]}"

    def with_key(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.fail_step import FailStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        assert ctx.placeholder(key) == ctx.placeholder(key)
        assert ctx.placeholder(key) != ctx.placeholder("${Token[Other.13]}")
        assert isinstance(ctx.input_data_uri, ParameterString)
        return Pipeline(
            ctx.pipeline_name,
            parameters=[ctx.input_data_uri],
            steps=[FailStep("Fail", error_message=f"{ctx.placeholder(key)} {ctx.model_package_group_name}")],
            sagemaker_session=ctx.session,
        )

    definition = build(
        with_key, input_data_uri="s3://${Token[Data.1]}/x", model_package_group_name="${Token[Group.2]}"
    )

    assert sorted(str(token) for token in definition.tokens.values()) == [
        "${Token[Group.2]}",
        "${Token[Key.Arn.12]}",
        "${Token[Other.13]}",
        "s3://${Token[Data.1]}/x",
    ]
    assert "Token" not in definition.document


@pytest.mark.parametrize("region", [None, "eu-west-1", "us-east-1"])
def test_no_region_adds_an_experiment_that_nobody_asked_for(
    build: Callable[..., PipelineDefinition], region: str | None
) -> None:
    definition = build(StandardPipeline(source_dir=PIPELINES / "code"), region=region)

    assert json.loads(definition.document)["PipelineExperimentConfig"] is None


def test_fails_when_the_function_calls_aws(build: Callable[..., PipelineDefinition]) -> None:
    def looks_up(ctx: PipelineContext) -> Any:
        return ctx.session.sagemaker_client.describe_pipeline(PipelineName="other")

    with pytest.raises(DefinitionError) as raised:
        build(looks_up)

    assert str(raised.value) == (
        "AwsCallWhileBuilding: pipeline must build its definition without calling AWS, "
        "got 'sagemaker.describe_pipeline'; give the SDK object the value that it looks up, from the "
        "PipelineContext or from CDK"
    )


def test_fails_when_the_role_is_a_name(build: Callable[..., PipelineDefinition]) -> None:
    with pytest.raises(DefinitionError, match=r"got \"iam.GetRole for role name 'mine'\""):
        build(lambda ctx: ctx.session.expand_role("mine"))


def test_fails_when_an_upload_goes_elsewhere(build: Callable[..., PipelineDefinition]) -> None:
    def uploads(ctx: PipelineContext) -> Any:
        return ctx.session.upload_data(str(PIPELINES / "code"), bucket="theirs", key_prefix="code")

    with pytest.raises(DefinitionError, match=r"UploadElsewhere: .* got 's3://theirs/code'"):
        build(uploads)


def test_fails_when_no_pipeline_is_returned(build: Callable[..., PipelineDefinition]) -> None:
    with pytest.raises(DefinitionError) as raised:
        build(lambda _ctx: None)

    assert str(raised.value) == (
        "NotAPipeline: pipeline must return a sagemaker.mlops.workflow.pipeline.Pipeline, got None; "
        "end the function with 'return Pipeline(ctx.pipeline_name, ...)' (at churn)"
    )


def test_fails_when_the_pipeline_has_another_name(build: Callable[..., PipelineDefinition]) -> None:
    def renamed(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.pipeline import Pipeline

        return Pipeline("other", steps=[], sagemaker_session=ctx.session)

    with pytest.raises(DefinitionError) as raised:
        build(renamed)

    assert str(raised.value) == (
        "PipelineNameMismatch: pipeline must name its pipeline ctx.pipeline_name ('churn'), got 'other'; "
        "pass ctx.pipeline_name to Pipeline, and pipeline_name= to the construct to choose it (at churn)"
    )
