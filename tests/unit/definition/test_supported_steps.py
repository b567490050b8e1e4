"""What is supported is what is built here; the README says the same, and what is not says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment
from cdk_sagemaker_mlops.errors import DefinitionError

README = Path(__file__).parents[3] / "README.md"
BASES = {"Step", "ConfigurableRetryStep", "StepCollection"}


def test_every_step_class_of_the_sdk_has_a_pipeline(catalogue: ModuleType) -> None:
    with sdk_environment():
        from sagemaker.mlops import workflow
        from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessStep
        from sagemaker.mlops.workflow.step_collections import StepCollection
        from sagemaker.mlops.workflow.steps import Step

    exported = {name for name in workflow.__all__ if _is_step(getattr(workflow, name), Step, StepCollection)}
    shown = {step for step, _ in catalogue.SHOWN}

    assert exported | {EMRServerlessStep.__name__} == (shown - {"@step", "Pipeline"}) | BASES | {"AutoMLStep"}


def _is_step(value: object, *kinds: type) -> bool:
    return isinstance(value, type) and issubclass(value, kinds)


def test_the_readme_lists_what_is_built(catalogue: ModuleType) -> None:
    section = re.search(
        r"<!-- supported steps -->\n(.*?)\n<!-- end of supported steps -->", README.read_text(), re.S
    )

    assert section is not None
    assert section.group(1) == catalogue.table()


@pytest.mark.usefixtures("definitions")
def test_no_pipeline_needs_a_real_client(
    build: Callable[..., PipelineDefinition],
    sdk_pipelines: dict[str, Callable[[Any], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import boto3

    def create(_self: object, service: str, *_arguments: object, **_options: object) -> None:
        raise AssertionError(f"a real {service} client")

    monkeypatch.setattr(boto3.Session, "client", create)
    monkeypatch.setattr(boto3.Session, "resource", create)

    for pipeline in sdk_pipelines.values():
        build(pipeline)


def test_fails_for_automl_which_the_sdk_no_longer_has(build: Callable[..., PipelineDefinition]) -> None:
    def automl(ctx: PipelineContext) -> Any:
        from sagemaker.core.workflow.pipeline_context import _StepArguments
        from sagemaker.mlops.workflow import AutoMLStep

        return AutoMLStep(name="Search", step_args=_StepArguments("auto_ml", ctx.s3_uri))

    with pytest.raises(DefinitionError) as raised:
        build(automl)

    assert str(raised.value) == (
        "NotInTheSdk: pipeline must use what its version of the SDK has, got 'AutoMLStep, which calls Session.auto_ml'; "
        "start the AutoML job from a LambdaStep or a CallbackStep"
    )


def test_fails_when_a_lambda_function_would_be_created(build: Callable[..., PipelineDefinition]) -> None:
    def creates(ctx: PipelineContext) -> Any:
        from sagemaker.core.lambda_helper import Lambda
        from sagemaker.mlops.workflow import LambdaStep
        from sagemaker.mlops.workflow.pipeline import Pipeline

        function = Lambda(
            function_name="notify",
            execution_role_arn=ctx.role_arn,
            script=str(Path(__file__)),
            handler="test.handler",
            session=ctx.session,
        )
        step = LambdaStep(name="Notify", lambda_func=function)
        return Pipeline(ctx.pipeline_name, steps=[step], sagemaker_session=ctx.session)

    with pytest.raises(DefinitionError, match=r"AwsCallWhileBuilding: .* got 'lambda\.create_function'"):
        build(creates)


def test_fails_when_a_trainer_looks_its_model_up(build: Callable[..., PipelineDefinition]) -> None:
    def looks_up(ctx: PipelineContext) -> Any:
        from sagemaker.train.multi_turn_rl_trainer import MultiTurnRLTrainer

        return MultiTurnRLTrainer(
            model="meta-textgeneration-llama-3-8b",
            agent_env="arn:aws:lambda:eu-west-1:111122223333:function:agent",
            training_dataset=ctx.s3_uri("train"),
            s3_output_path=ctx.s3_uri("out"),
            role=ctx.role_arn,
            sagemaker_session=ctx.session,
        )

    # The SDK wraps the error in one of its own, which quotes it.
    with pytest.raises(ValueError, match=r"AwsCallWhileBuilding: .* got 's3\.head_bucket'"):
        build(looks_up, region="eu-west-1")
