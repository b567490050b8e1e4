"""Train: one training job in script mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker.core.shapes import CheckpointConfig, OutputDataConfig, StoppingCondition
from sagemaker.mlops.workflow.steps import Step, TrainingStep
from sagemaker.train.configs import Compute, InputData
from sagemaker.train.model_trainer import ModelTrainer

from cdk_sagemaker_mlops.definition.standard.images import training_image
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters

MODELS_PREFIX = "models"
"""Below the pipeline's prefix: a folder for each training job, with its model artifact."""

_CODE_CHANNEL = "code"


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """What later steps need of the step that trains.

    Attributes:
        step: The step.
        model_uri: S3 URI of the model artifact, known when the step has run.
    """

    step: Step
    model_uri: Any


def train_step(
    settings: JobSettings, parameters: Parameters, *, train_uri: Any, after: Sequence[Step]
) -> TrainedModel:
    """Returns the step that trains one model."""
    step = TrainingStep(
        name="Train",
        step_args=model_trainer(settings, parameters, train_uri=train_uri).train(),
        cache_config=settings.cache,
        depends_on=list(after) if after else None,
        retry_policies=settings.job_retries,
    )
    return TrainedModel(step=step, model_uri=step.properties.ModelArtifacts.S3ModelArtifacts)


def model_trainer(settings: JobSettings, parameters: Parameters, *, train_uri: Any) -> ModelTrainer:
    """Returns the SDK's description of a training job.

    It is script mode by hyperparameters: the SDK's ``SourceCode`` would add two channels and its own driver
    scripts, and the toolkit in the image does the same without them.
    """
    config, options = settings.config, settings.config.training
    code_uri = settings.ctx.session.upload_source(Path(config.source_dir))
    return ModelTrainer(
        training_image=training_image(settings, options.image_uri, config.training_instance_type),
        role=settings.ctx.role_arn,
        base_job_name="train",
        hyperparameters={
            "sagemaker_program": config.train_script,
            "sagemaker_submit_directory": _submit_directory(settings, code_uri),
            **{name: parameter.to_string() for name, parameter in parameters.hyperparameters.items()},
        },
        compute=Compute(
            instance_type=parameters.training_instance_type,
            instance_count=options.instance_count,
            volume_size_in_gb=config.volume_size_in_gb,
            volume_kms_key_id=settings.volume_kms_key,
            keep_alive_period_in_seconds=options.keep_alive_period_in_seconds,
            enable_managed_spot_training=True if options.enable_managed_spot_training else None,
        ),
        networking=settings.training_network,
        stopping_condition=_stopping_condition(settings),
        output_data_config=_output_data_config(settings),
        input_data_config=[
            InputData(channel_name="train", data_source=train_uri),
            *([InputData(channel_name=_CODE_CHANNEL, data_source=code_uri)] if settings.is_isolated else []),
        ],
        checkpoint_config=_checkpoint_config(settings),
        environment=settings.environment(options.environment),
        tags=settings.tag_shapes,
        sagemaker_session=settings.ctx.session,
    )


def _submit_directory(settings: JobSettings, code_uri: str) -> str:
    # Under network isolation the toolkit in the container cannot reach S3, so SageMaker brings the code in.
    if settings.is_isolated:
        return f"/opt/ml/input/data/{_CODE_CHANNEL}/{code_uri.rpartition('/')[2]}"
    return code_uri


def _stopping_condition(settings: JobSettings) -> StoppingCondition:
    longest, options = settings.config.max_runtime_in_seconds, settings.config.training
    if not options.enable_managed_spot_training:
        return StoppingCondition(max_runtime_in_seconds=longest)
    return StoppingCondition(
        max_runtime_in_seconds=longest, max_wait_time_in_seconds=options.max_wait_time(longest)
    )


def _output_data_config(settings: JobSettings) -> OutputDataConfig:
    location = settings.ctx.s3_uri(MODELS_PREFIX)
    if settings.output_kms_key is None:
        return OutputDataConfig(s3_output_path=location)
    return OutputDataConfig(s3_output_path=location, kms_key_id=settings.output_kms_key)


def _checkpoint_config(settings: JobSettings) -> CheckpointConfig | None:
    # A place of its own for each execution: a job resumes from whatever checkpoints it finds.
    if not settings.config.training.enable_managed_spot_training:
        return None
    return CheckpointConfig(
        s3_uri=settings.of_this_execution("checkpoints"),
        local_path=settings.config.training.checkpoint_local_path,
    )
