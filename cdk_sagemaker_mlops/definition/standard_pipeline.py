"""Builds the built-in pipeline with the SageMaker SDK.

Import this module inside :func:`~cdk_sagemaker_mlops.definition.sdk_environment.sdk_environment` only: it
imports the SDK.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
)
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import (
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.configs import Compute, InputData
from sagemaker.train.model_trainer import ModelTrainer

from cdk_sagemaker_mlops.config.standard_pipeline import METRIC_GROUPS, StandardPipeline, parameter_name
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext

INTERMEDIATE_PREFIX = "intermediate"
"""Below the pipeline's prefix: what only the steps of one execution need, so that a lifecycle rule may expire
it."""

_ML = "/opt/ml/processing"
_CONTENT_TYPES = ["text/csv", "application/json"]


class _Builder:
    """One build: the config, the context, and the pipeline's parameters."""

    def __init__(self, config: StandardPipeline, ctx: PipelineContext) -> None:
        self._config = config
        self._ctx = ctx
        self._cache = CacheConfig(enable_caching=True, expire_after=config.cache_expire_after)
        self._processing_instance_type = ParameterString(
            name="ProcessingInstanceType", default_value=config.processing_instance_type
        )
        self._training_instance_type = ParameterString(
            name="TrainingInstanceType", default_value=config.training_instance_type
        )
        self._approval_status = ParameterString(
            name="ModelApprovalStatus", default_value=config.approval_status
        )
        self._threshold = ParameterFloat(name="MetricThreshold", default_value=float(config.metric_threshold))
        self._hyperparameters = {
            name: _parameter(parameter_name(name), value) for name, value in config.hyperparameters.items()
        }

    def pipeline(self) -> Pipeline:
        """Wires the steps together."""
        preprocess = self._preprocess()
        train = self._train(preprocess)
        evaluation = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
        evaluate = self._evaluate(preprocess, train, evaluation)
        return Pipeline(
            name=self._ctx.pipeline_name,
            parameters=[
                self._ctx.input_data_uri,
                self._processing_instance_type,
                self._training_instance_type,
                self._approval_status,
                self._threshold,
                *self._hyperparameters.values(),
            ],
            steps=[preprocess, train, evaluate, self._quality_gate(train, evaluate, evaluation)],
            sagemaker_session=self._ctx.session,
        )

    def _preprocess(self) -> ProcessingStep:
        return self._processing_step(
            "Preprocess",
            script=self._config.preprocess_script,
            inputs=[_input("data", self._ctx.input_data_uri, f"{_ML}/input/data")],
            outputs=[
                _output(name, self._of_this_execution(INTERMEDIATE_PREFIX, name), f"{_ML}/output/{name}")
                for name in ("train", "test")
            ],
        )

    def _train(self, preprocess: ProcessingStep) -> TrainingStep:
        # Script mode by hyperparameters: the SDK's SourceCode would add two channels and its own driver
        # scripts, and the toolkit in the image does the same without them.
        trainer = ModelTrainer(
            training_image=self._image("training", self._config.training_instance_type),
            role=self._ctx.role_arn,
            base_job_name="train",
            hyperparameters={
                "sagemaker_program": self._config.train_script,
                "sagemaker_submit_directory": self._ctx.session.upload_source(Path(self._config.source_dir)),
                **{name: parameter.to_string() for name, parameter in self._hyperparameters.items()},
            },
            compute=Compute(
                instance_type=self._training_instance_type,
                instance_count=1,
                volume_size_in_gb=self._config.volume_size_in_gb,
            ),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=self._config.max_runtime_in_seconds),
            output_data_config=OutputDataConfig(s3_output_path=self._ctx.s3_uri("models")),
            input_data_config=[InputData(channel_name="train", data_source=_output_uri(preprocess, "train"))],
            sagemaker_session=self._ctx.session,
        )
        return TrainingStep(name="Train", step_args=trainer.train(), cache_config=self._cache)

    def _evaluate(
        self, preprocess: ProcessingStep, train: TrainingStep, evaluation: PropertyFile
    ) -> ProcessingStep:
        model = train.properties.ModelArtifacts.S3ModelArtifacts
        return self._processing_step(
            "Evaluate",
            script=self._config.evaluate_script,
            inputs=[
                _input("model", model, f"{_ML}/input/model"),
                _input("test", _output_uri(preprocess, "test"), f"{_ML}/input/test"),
            ],
            outputs=[
                _output(
                    evaluation.output_name, self._of_this_execution("evaluation"), f"{_ML}/output/evaluation"
                )
            ],
            property_files=[evaluation],
        )

    def _quality_gate(
        self, train: TrainingStep, evaluate: ProcessingStep, evaluation: PropertyFile
    ) -> ConditionStep:
        group, metric = METRIC_GROUPS[self._config.problem_type], self._config.metric_name
        value = JsonGet(
            step_name=evaluate.name, property_file=evaluation, json_path=f"{group}.{metric}.value"
        )
        maximize = self._config.metric_objective == "Maximize"
        condition = ConditionGreaterThanOrEqualTo if maximize else ConditionLessThanOrEqualTo
        comparison = "below" if maximize else "above"
        fail = FailStep(
            name="Fail",
            error_message=Join(
                on=" ",
                values=[f"{metric} is", value, f"which is {comparison} the threshold", self._threshold],
            ),
        )
        return ConditionStep(
            name="QualityGate",
            conditions=[condition(left=value, right=self._threshold)],
            if_steps=[self._register(train, evaluate)],
            else_steps=[fail],
        )

    def _register(self, train: TrainingStep, evaluate: ProcessingStep) -> ModelStep:
        statistics = Join(on="/", values=[_output_uri(evaluate, "evaluation"), "evaluation.json"])
        builder = ModelBuilder(
            image_uri=self._image("inference", self._config.training_instance_type),
            s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
            role_arn=self._ctx.role_arn,
            sagemaker_session=self._ctx.session,
            # The artifact carries its own inference code, so no job is needed to repack it.
            env_vars={
                "SAGEMAKER_PROGRAM": self._config.inference_script,
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            },
        )
        arguments = builder.register(
            model_package_group_name=self._ctx.model_package_group_name,
            content_types=_CONTENT_TYPES,
            response_types=_CONTENT_TYPES,
            approval_status=self._approval_status,
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(content_type="application/json", s3_uri=statistics)
            ),
        )
        return ModelStep(name="RegisterModel", step_args=arguments)

    def _processing_step(
        self,
        name: str,
        *,
        script: str,
        inputs: list[ProcessingInput],
        outputs: list[ProcessingOutput],
        property_files: list[PropertyFile] | None = None,
    ) -> ProcessingStep:
        processor = FrameworkProcessor(
            image_uri=self._image("training", self._config.processing_instance_type),
            role=self._ctx.role_arn,
            command=["python3"],
            instance_type=self._processing_instance_type,
            instance_count=1,
            volume_size_in_gb=self._config.volume_size_in_gb,
            max_runtime_in_seconds=self._config.max_runtime_in_seconds,
            base_job_name=name.lower(),
            sagemaker_session=self._ctx.session,
        )
        arguments = processor.run(
            code=script, source_dir=str(self._config.source_dir), inputs=inputs, outputs=outputs
        )
        return ProcessingStep(
            name=name, step_args=arguments, cache_config=self._cache, property_files=property_files
        )

    def _image(self, scope: str, instance_type: str) -> str:
        return self._ctx.image_uri(
            framework="sklearn",
            version=self._config.framework_version,
            image_scope=scope,
            instance_type=instance_type,
        )

    def _of_this_execution(self, *parts: str) -> Join:
        place, *below = parts
        return Join(
            on="/", values=[self._ctx.s3_uri(place), ExecutionVariables.PIPELINE_EXECUTION_ID, *below]
        )


def build_standard_pipeline(config: StandardPipeline, ctx: PipelineContext) -> Pipeline:
    """Builds the SDK's pipeline of ``config``."""
    return _Builder(config, ctx).pipeline()


def _parameter(name: str, value: object) -> Any:
    if isinstance(value, bool):
        return ParameterBoolean(name=name, default_value=value)
    if isinstance(value, int):
        return ParameterInteger(name=name, default_value=value)
    if isinstance(value, float):
        return ParameterFloat(name=name, default_value=value)
    return ParameterString(name=name, default_value=value)


def _input(name: str, s3_uri: Any, local_path: str) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=s3_uri,
            local_path=local_path,
            s3_data_type="S3Prefix",
            s3_input_mode="File",
            s3_data_distribution_type="FullyReplicated",
        ),
    )


def _output(name: str, s3_uri: Any, local_path: str) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=s3_uri, local_path=local_path, s3_upload_mode="EndOfJob"),
    )


def _output_uri(step: ProcessingStep, name: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri
