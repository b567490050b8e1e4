"""Pipelines that users would write, by the SDK's documentation, over the code in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CODE = Path(__file__).parent / "code"


def _image(ctx: Any, scope: str = "training") -> str:
    return ctx.image_uri(framework="sklearn", version="1.9-0", image_scope=scope)


def _trainer(ctx: Any, **options: Any) -> Any:
    from sagemaker.core.shapes import OutputDataConfig, StoppingCondition
    from sagemaker.train.configs import Compute, InputData
    from sagemaker.train.model_trainer import ModelTrainer

    return ModelTrainer(
        training_image=_image(ctx),
        role=ctx.role_arn,
        sagemaker_session=ctx.session,
        base_job_name="train",
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
        output_data_config=OutputDataConfig(s3_output_path=ctx.s3_uri("models")),
        input_data_config=[InputData(channel_name="train", data_source=ctx.s3_uri("train"))],
        **options,
    )


def _training_step(ctx: Any, **options: Any) -> Any:
    from sagemaker.mlops.workflow.steps import TrainingStep

    return TrainingStep(name="Train", step_args=_trainer(ctx, **options).train())


def _pipeline(ctx: Any, *steps: Any, parameters: Any = ()) -> Any:
    from sagemaker.mlops.workflow.pipeline import Pipeline

    return Pipeline(
        name=ctx.pipeline_name, steps=list(steps), parameters=list(parameters), sagemaker_session=ctx.session
    )


def train_without_source_code(ctx: Any) -> Any:
    return _pipeline(
        ctx,
        _training_step(
            ctx,
            hyperparameters={
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "s3://mine/c.tar.gz",
            },
        ),
    )


def train_with_source_code(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    source = SourceCode(source_dir=str(CODE), entry_script="train.py", requirements="requirements.txt")
    return _pipeline(ctx, _training_step(ctx, source_code=source, hyperparameters={"depth": 3}))


def script_processor(ctx: Any) -> Any:
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input
    from sagemaker.mlops.workflow.steps import ProcessingStep

    processor = ScriptProcessor(
        image_uri=_image(ctx),
        role=ctx.role_arn,
        command=["python3"],
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=ctx.session,
    )
    data = ProcessingInput(
        input_name="data",
        s3_input=ProcessingS3Input(
            s3_uri=ctx.input_data_uri,
            local_path="/opt/ml/processing/input/data",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )
    arguments = processor.run(code=str(CODE / "preprocess.py"), inputs=[data], arguments=["--size", "0.2"])
    return _pipeline(
        ctx, ProcessingStep(name="Process", step_args=arguments), parameters=[ctx.input_data_uri]
    )


def framework_processor(ctx: Any) -> Any:
    from sagemaker.core.processing import FrameworkProcessor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    processor = FrameworkProcessor(
        image_uri=_image(ctx),
        role=ctx.role_arn,
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=ctx.session,
    )
    arguments = processor.run(code="preprocess.py", source_dir=str(CODE), requirements="requirements.txt")
    return _pipeline(ctx, ProcessingStep(name="Process", step_args=arguments))


def _register(ctx: Any, train: Any, **options: Any) -> Any:
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.serve.model_builder import ModelBuilder

    builder = ModelBuilder(
        image_uri=_image(ctx, "inference"),
        s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
        role_arn=ctx.role_arn,
        sagemaker_session=ctx.session,
        **options,
    )
    arguments = builder.register(
        model_package_group_name=ctx.model_package_group_name,
        content_types=["text/csv"],
        response_types=["text/csv"],
        approval_status="PendingManualApproval",
    )
    return ModelStep(name="Register", step_args=arguments)


def register_without_source_code(ctx: Any) -> Any:
    train = _training_step(ctx, hyperparameters={"sagemaker_program": "train.py"})
    return _pipeline(ctx, train, _register(ctx, train, env_vars={"SAGEMAKER_PROGRAM": "inference.py"}))


def register_with_repack(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    train = _training_step(ctx, hyperparameters={"sagemaker_program": "train.py"})
    source = SourceCode(source_dir=str(CODE), entry_script="inference.py")
    return _pipeline(ctx, train, _register(ctx, train, source_code=source))


def condition_and_fail(ctx: Any) -> Any:
    from sagemaker.core.workflow.conditions import ConditionGreaterThan
    from sagemaker.core.workflow.parameters import ParameterFloat
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep

    threshold = ParameterFloat(name="Threshold", default_value=0.5)
    gate = ConditionStep(
        name="Gate",
        conditions=[ConditionGreaterThan(left=threshold, right=0.4)],
        if_steps=[_training_step(ctx, hyperparameters={"sagemaker_program": "train.py"})],
        else_steps=[FailStep(name="Fail", error_message="too low")],
    )
    return _pipeline(ctx, gate, parameters=[threshold])


PIPELINES = {
    function.__name__: function
    for function in (
        train_without_source_code,
        train_with_source_code,
        script_processor,
        framework_processor,
        register_without_source_code,
        register_with_repack,
        condition_and_fail,
    )
}
