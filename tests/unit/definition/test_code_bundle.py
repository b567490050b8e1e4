"""Uploads are renamed by their content, and the document follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.code_bundle import CodeBundle
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.errors import DefinitionError

BUCKET = placeholders.BUCKET


def test_the_documents_uris_follow_the_content() -> None:
    bundle = CodeBundle()
    bundle.add_object(BUCKET, "job-1/code/a.py", b"a")
    bundle.add_object(BUCKET, "job-1/code-2/b.py", b"b")

    document, files = bundle.renamed(
        f"s3://{BUCKET}/job-1/code/a.py s3://{BUCKET}/job-1/code-2 s3://{BUCKET}/job-1"
    )

    first, second = files
    assert sorted(files.values()) == [b"a", b"b"]
    assert set(document.split()) == {
        f"s3://{BUCKET}/{next(key for key in files if key.endswith('a.py'))}",
        f"s3://{BUCKET}/{next(key for key in files if key.endswith('b.py')).rpartition('/')[0]}",
        f"s3://{BUCKET}/job-1",
    }
    assert first.startswith("code/")
    assert second.startswith("code/")


def test_the_same_content_from_two_places_is_deployed_once() -> None:
    bundle = CodeBundle()
    for folder in ("one", "two"):
        bundle.add_object(BUCKET, f"{folder}/a.py", b"a")

    document, files = bundle.renamed(f"s3://{BUCKET}/one s3://{BUCKET}/two")

    assert len(files) == 1
    assert len(set(document.split())) == 1


def test_the_building_machines_path_is_not_recorded(tmp_path: Path) -> None:
    bundle = CodeBundle()
    for index, source in enumerate(("/home/me", f"s3://{BUCKET}/x", "s3://mine/x")):
        folder = tmp_path / str(index)
        folder.mkdir()
        (folder / "sourcecode.json").write_text(json.dumps({"source_dir": source}))
        bundle.add_path(folder, BUCKET, f"job-{index}")

    _, files = bundle.renamed("")

    assert sorted({json.loads(body)["source_dir"] for body in files.values()}) == [
        "/opt/ml/input/data/code",
        "s3://mine/x",
    ]


@pytest.mark.parametrize(
    "text",
    [BUCKET, placeholders.ROLE_ARN, placeholders.REGION, placeholders.custom(3)],
    ids=["bucket", "role", "region", "custom"],
)
def test_fails_when_a_file_holds_a_placeholder(text: str) -> None:
    bundle = CodeBundle()
    bundle.add_object(BUCKET, "job/good.py", b"fine")
    bundle.add_object(BUCKET, "job/bad.json", text.encode())

    with pytest.raises(DefinitionError) as raised:
        bundle.renamed("")

    assert [(problem.code, problem.value) for problem in raised.value.problems] == [
        ("PlaceholderInCode", "job/bad.json")
    ]


def test_two_jobs_of_one_name_keep_their_own_code(
    tmp_path: Path, build: Callable[..., PipelineDefinition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one second the SDK's time stamps are the same: one job's code would overwrite the other's."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.py").write_text(f"print({name!r})")

    def two(ctx: PipelineContext) -> Any:
        from sagemaker.mlops.workflow.pipeline import Pipeline
        from sagemaker.mlops.workflow.steps import TrainingStep
        from sagemaker.train.configs import Compute, SourceCode
        from sagemaker.train.model_trainer import ModelTrainer

        steps = [
            TrainingStep(
                name=name,
                step_args=ModelTrainer(
                    training_image="mine:1",
                    base_job_name="train",
                    source_code=SourceCode(source_dir=str(tmp_path / name), entry_script="train.py"),
                    compute=Compute(instance_type="ml.m5.large", instance_count=1),
                    role=ctx.role_arn,
                    sagemaker_session=ctx.session,
                ).train(),
            )
            for name in ("first", "second")
        ]
        return Pipeline(ctx.pipeline_name, steps=steps, sagemaker_session=ctx.session)

    definition = build(two)

    for step in json.loads(definition.document)["Steps"]:
        channels = {
            channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
            for channel in step["Arguments"]["InputDataConfig"]
        }
        key = channels["code"].partition(f"{BUCKET}/")[2].rstrip("/")
        assert definition.code[f"{key}/train.py"].decode() == f"print({step['Name']!r})"
