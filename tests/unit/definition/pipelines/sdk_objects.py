"""SDK objects that several pipelines need."""

from __future__ import annotations

from typing import Any


def image(ctx: Any, scope: str = "training") -> str:
    uri: str = ctx.image_uri(framework="sklearn", version="1.9-0", image_scope=scope)
    return uri


def pytorch(ctx: Any, scope: str = "training") -> str:
    uri: str = ctx.image_uri(
        framework="pytorch",
        version="2.3.0",
        image_scope=scope,
        py_version="py311",
        instance_type="ml.g5.12xlarge",
    )
    return uri


def compute(**options: Any) -> Any:
    from sagemaker.train.configs import Compute

    return Compute(
        **{"instance_type": "ml.m5.large", "instance_count": 1, "volume_size_in_gb": 30, **options}
    )


def trainer(ctx: Any, **options: Any) -> Any:
    from sagemaker.core.shapes import OutputDataConfig, StoppingCondition
    from sagemaker.train.configs import InputData
    from sagemaker.train.model_trainer import ModelTrainer

    defaults: dict[str, Any] = {
        "training_image": image(ctx),
        "role": ctx.role_arn,
        "sagemaker_session": ctx.session,
        "base_job_name": "train",
        "compute": compute(),
        "stopping_condition": StoppingCondition(max_runtime_in_seconds=3600),
        "output_data_config": OutputDataConfig(s3_output_path=ctx.s3_uri("models")),
        "input_data_config": [InputData(channel_name="train", data_source=ctx.s3_uri("train"))],
    }
    return ModelTrainer(**{**defaults, **options})


def training_step(ctx: Any, name: str = "Train", **options: Any) -> Any:
    from sagemaker.mlops.workflow.steps import TrainingStep

    return TrainingStep(name=name, step_args=trainer(ctx, **options).train())


def script_mode_step(ctx: Any, name: str = "Train") -> Any:
    hyperparameters = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://mine/c.tar.gz"}
    return training_step(ctx, name, hyperparameters=hyperparameters)


def script_processor(ctx: Any, **options: Any) -> Any:
    from sagemaker.core.processing import ScriptProcessor

    return ScriptProcessor(
        image_uri=image(ctx),
        role=ctx.role_arn,
        command=["python3"],
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=ctx.session,
        **options,
    )


def processing_input(name: str, uri: Any) -> Any:
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"/opt/ml/processing/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
        ),
    )


def processing_output(name: str, uri: Any) -> Any:
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=uri, local_path=f"/opt/ml/processing/output/{name}", s3_upload_mode="EndOfJob"
        ),
    )


def model_builder(ctx: Any, data: Any, **options: Any) -> Any:
    from sagemaker.serve.model_builder import ModelBuilder

    return ModelBuilder(
        image_uri=image(ctx, "inference"),
        s3_model_data_url=data,
        role_arn=ctx.role_arn,
        sagemaker_session=ctx.session,
        **options,
    )


def create_model_step(ctx: Any, data: Any, name: str = "Create", **options: Any) -> Any:
    from sagemaker.mlops.workflow.model_step import ModelStep

    return ModelStep(name=name, step_args=model_builder(ctx, data, **options).build())


def pipeline(ctx: Any, *steps: Any, parameters: Any = (), **options: Any) -> Any:
    from sagemaker.mlops.workflow.pipeline import Pipeline

    return Pipeline(
        name=ctx.pipeline_name,
        steps=list(steps),
        parameters=list(parameters),
        sagemaker_session=ctx.session,
        **options,
    )
