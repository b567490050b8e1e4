"""Preprocess and Evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.steps import ProcessingStep

from cdk_sagemaker_mlops.config.processing import MODEL_PACKAGE_GROUP_NAME
from cdk_sagemaker_mlops.config.standard_pipeline import INTERMEDIATE_PREFIX
from cdk_sagemaker_mlops.definition.standard.images import training_image
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters

_ML = "/opt/ml/processing"


def preprocess_step(settings: JobSettings, parameters: Parameters) -> ProcessingStep:
    """Returns the step that makes training and test data of the input data."""
    options = settings.config.preprocessing
    return _processing_step(
        settings,
        parameters,
        "Preprocess",
        script=settings.config.preprocess_script,
        image_uri=options.image_uri,
        environment=options.environment,
        instance_count=options.instance_count,
        inputs=[
            _input(
                "data",
                parameters.input_data_uri,
                f"{_ML}/input/data",
                distribution=options.s3_data_distribution_type,
            )
        ],
        outputs=[
            _output(name, settings.of_this_execution(INTERMEDIATE_PREFIX, name), f"{_ML}/output/{name}")
            for name in ("train", "test")
        ],
    )


def evaluate_step(
    settings: JobSettings, parameters: Parameters, *, model_uri: Any, test_uri: Any, evaluation: PropertyFile
) -> ProcessingStep:
    """Returns the step that measures a model with the test data."""
    options = settings.config.evaluation
    return _processing_step(
        settings,
        parameters,
        "Evaluate",
        script=settings.config.evaluate_script,
        image_uri=options.image_uri,
        environment={**_registry(settings), **options.environment},
        instance_count=1,
        inputs=[
            _input("model", model_uri, f"{_ML}/input/model"),
            _input("test", test_uri, f"{_ML}/input/test"),
        ],
        outputs=[
            _output(
                evaluation.output_name, settings.of_this_execution("evaluation"), f"{_ML}/output/evaluation"
            )
        ],
        property_files=[evaluation],
    )


def _registry(settings: JobSettings) -> dict[str, str]:
    """Names the registry to a job that can reach it."""
    return {} if settings.is_isolated else {MODEL_PACKAGE_GROUP_NAME: settings.ctx.model_package_group_name}


def output_uri(step: ProcessingStep, name: str) -> Any:
    """Returns the S3 URI of one of a step's outputs."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _processing_step(
    settings: JobSettings,
    parameters: Parameters,
    name: str,
    *,
    script: str,
    image_uri: str | None,
    environment: Mapping[str, str],
    instance_count: int,
    inputs: list[ProcessingInput],
    outputs: list[ProcessingOutput],
    property_files: list[PropertyFile] | None = None,
) -> ProcessingStep:
    config = settings.config
    processor = FrameworkProcessor(
        image_uri=training_image(settings, image_uri, config.processing_instance_type),
        role=settings.ctx.role_arn,
        command=["python3"],
        instance_type=parameters.processing_instance_type,
        instance_count=instance_count,
        volume_size_in_gb=config.volume_size_in_gb,
        volume_kms_key=settings.volume_kms_key,
        output_kms_key=settings.output_kms_key,
        max_runtime_in_seconds=config.max_runtime_in_seconds,
        base_job_name=name.lower(),
        sagemaker_session=settings.ctx.session,
        env=settings.environment(environment) if environment else None,
        tags=settings.tag_list,
        network_config=settings.processing_network,
    )
    arguments = processor.run(code=script, source_dir=str(config.source_dir), inputs=inputs, outputs=outputs)
    return ProcessingStep(
        name=name,
        step_args=arguments,
        cache_config=settings.cache,
        property_files=property_files,
        retry_policies=settings.job_retries,
    )


def _input(
    name: str, s3_uri: Any, local_path: str, *, distribution: str = "FullyReplicated"
) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=s3_uri,
            local_path=local_path,
            s3_data_type="S3Prefix",
            s3_input_mode="File",
            s3_data_distribution_type=distribution,
        ),
    )


def _output(name: str, s3_uri: Any, local_path: str) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=s3_uri, local_path=local_path, s3_upload_mode="EndOfJob"),
    )
