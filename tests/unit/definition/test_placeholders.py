"""A function that alters what the context gave it, or lets a CDK token in, fails with the place named."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from aws_cdk import Aws, Fn, Token

from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.errors import DefinitionError

KEY = "${Token[Key.Arn.12]}"
AT = "pipeline.steps[Stop].Arguments.ErrorMessage"


def saying(message: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Returns a pipeline function whose only step carries ``message(ctx)``."""

    def function(ctx: Any) -> Any:
        from sagemaker.mlops.workflow.fail_step import FailStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        stop = FailStep(name="Stop", error_message=message(ctx))
        return Pipeline(ctx.pipeline_name, steps=[stop], sagemaker_session=ctx.session)

    return function


def sdk_job_name(ctx: Any) -> str:
    from sagemaker.core.common_utils import name_from_base

    name: str = name_from_base(ctx.bucket, max_length=40)
    return name


ALTERATIONS: dict[str, Callable[[Any], str]] = {
    "bucket in upper case": lambda ctx: ctx.bucket.upper(),
    "bucket in title case": lambda ctx: ctx.bucket.title(),
    "role in lower case": lambda ctx: ctx.role_arn.lower(),
    "token in lower case": lambda ctx: ctx.placeholder(KEY).lower(),
    "token in upper case": lambda ctx: ctx.placeholder(KEY).upper(),
    "bucket cut at its end": lambda ctx: ctx.bucket[:16],
    "bucket cut at its start": lambda ctx: ctx.bucket[9:],
    "bucket cut to a piece of its mark": lambda ctx: ctx.bucket[:7],
    "bucket cut by the SDK": sdk_job_name,
    "token cut": lambda ctx: ctx.placeholder(KEY)[:20],
    "region cut": lambda ctx: ctx.region.rpartition("-")[0],
    "account cut": lambda ctx: ctx.role_arn.split(":")[4][:10],
    "account of images cut": lambda ctx: ctx.image_uri(framework="sklearn", version="1.9-0").split(".")[0][
        :-1
    ],
    "role URL-encoded": lambda ctx: quote(ctx.role_arn, safe=""),
    "token URL-encoded": lambda ctx: quote(ctx.placeholder(KEY)),
    "first part of the bucket": lambda ctx: ctx.bucket.split("-")[0],
    "last part of the bucket": lambda ctx: ctx.bucket.split("-")[-1],
    "name of the role": lambda ctx: ctx.role_arn.split("/")[-1],
    "first part of the token": lambda ctx: ctx.placeholder(KEY).split("+")[0],
    "last part of the token": lambda ctx: ctx.placeholder(KEY).split("+")[1],
    "parts of the bucket reversed": lambda ctx: "-".join(reversed(ctx.bucket.split("-"))),
    "bucket spelt backwards": lambda ctx: ctx.bucket[::-1],
    "account spelt backwards": lambda ctx: ctx.role_arn.split(":")[4][::-1],
    "hyphens made underscores": lambda ctx: ctx.bucket.replace("-", "_"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_fails_when_a_placeholder_is_altered(build: Callable[..., PipelineDefinition], name: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        build(saying(ALTERATIONS[name]))

    assert [(problem.code, problem.parameter) for problem in raised.value.problems] == [
        ("AlteredPlaceholder", AT)
    ]
    assert str(raised.value).endswith("(at churn)")


def test_keeps_placeholders_that_stand_among_other_text(build: Callable[..., PipelineDefinition]) -> None:
    def message(ctx: Any) -> str:
        account = ctx.role_arn.split(":")[4]
        image = ctx.image_uri(framework="sklearn", version="1.9-0")
        return f"{ctx.s3_uri('a')} {ctx.bucket}-logs {ctx.region}a {account} {image} {ctx.placeholder(KEY)}/x mlops"

    assert build(saying(message)).tokens == {placeholders.custom(0): KEY}


def test_names_every_altered_value(build: Callable[..., PipelineDefinition]) -> None:
    def pipeline(ctx: Any) -> Any:
        from sagemaker.core.workflow.parameters import ParameterString
        from sagemaker.mlops.workflow.pipeline import Pipeline

        built = saying(lambda _ctx: ctx.bucket.upper())(ctx)
        default = ParameterString("Bucket", default_value=ctx.bucket.upper())
        return Pipeline(
            ctx.pipeline_name, parameters=[default], steps=built.steps, sagemaker_session=ctx.session
        )

    with pytest.raises(DefinitionError) as raised:
        build(pipeline)

    assert {problem.parameter for problem in raised.value.problems} == {
        "pipeline.parameters[Bucket].DefaultValue",
        AT,
    }


RAW_TOKENS: dict[str, Callable[[Any], Any]] = {
    "string": lambda _ctx: f"key {Aws.ACCOUNT_ID}",
    "list": lambda _ctx: Fn.get_azs()[0],
    "number": lambda _ctx: Token.as_number({"Ref": "Count"}),
    "lower case": lambda _ctx: str(Aws.ACCOUNT_ID).lower(),
    "URL-encoded": lambda _ctx: quote(Aws.ACCOUNT_ID),
}


@pytest.mark.parametrize("name", RAW_TOKENS)
def test_fails_when_a_token_gets_into_the_document(
    build: Callable[..., PipelineDefinition], name: str
) -> None:
    with pytest.raises(DefinitionError) as raised:
        build(saying(RAW_TOKENS[name]))

    assert [(problem.code, problem.parameter) for problem in raised.value.problems] == [("RawToken", AT)]
    assert "ctx.placeholder(...)" in str(raised.value)


def trained(**options: Any) -> Callable[[Any], Any]:
    def function(ctx: Any) -> Any:
        from sagemaker.mlops.workflow.pipeline import Pipeline
        from sagemaker.mlops.workflow.steps import TrainingStep
        from sagemaker.train.configs import Compute, InputData, SourceCode
        from sagemaker.train.model_trainer import ModelTrainer

        arguments: dict[str, Any] = {"role": ctx.role_arn, "training_image": "image", **options}
        if "source_dir" in arguments:
            arguments["source_code"] = SourceCode(source_dir=arguments.pop("source_dir"), entry_script="t.py")
        trainer = ModelTrainer(
            sagemaker_session=ctx.session,
            compute=Compute(instance_type="ml.m5.large", instance_count=1),
            input_data_config=[InputData(channel_name="train", data_source="s3://mine/train")],
            **arguments,
        )
        step = TrainingStep(name="Train", step_args=trainer.train())
        return Pipeline(ctx.pipeline_name, steps=[step], sagemaker_session=ctx.session)

    return function


def parsed_by_the_sdk(ctx: Any) -> Any:
    from sagemaker.core.s3.utils import parse_s3_url

    return parse_s3_url(f"s3://{Aws.ACCOUNT_ID}/data")


@pytest.mark.parametrize(
    "function",
    [trained(role=Aws.ACCOUNT_ID), trained(source_dir=f"s3://{Aws.ACCOUNT_ID}/c.tar.gz"), parsed_by_the_sdk],
    ids=["as the role", "as the source", "in a URI that the SDK parses"],
)
def test_fails_when_the_sdk_stumbles_over_a_token(
    build: Callable[..., PipelineDefinition], function: Callable[[Any], Any]
) -> None:
    with pytest.raises(DefinitionError, match=re.escape("ctx.placeholder(...)")) as raised:
        build(function)

    assert {problem.code for problem in raised.value.problems} == {"RawToken"}


def test_does_not_blame_a_token_that_is_not_at_fault(build: Callable[..., PipelineDefinition]) -> None:
    def function(ctx: Any) -> Any:
        token = KEY
        ctx.placeholder(token)
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        build(function)


def test_fails_when_a_placeholder_is_left_in_the_template() -> None:
    with pytest.raises(DefinitionError) as raised:
        placeholders.require_none_left(f'{{"a":"{placeholders.BUCKET.upper()}"}}', pipeline_name="churn")

    assert raised.value.code == "AlteredPlaceholder"


def test_takes_a_template_without_placeholders() -> None:
    placeholders.require_none_left('{"a":"mlops"}', pipeline_name="churn")
