"""Builds the built-in pipeline with the SageMaker SDK.

Import this module inside :func:`~cdk_sagemaker_mlops.definition.sdk_environment.sdk_environment` only: it
imports the SDK.
"""

from __future__ import annotations

from typing import Any

from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step

from cdk_sagemaker_mlops.config.processing import EVALUATION_FILE
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.standard.clarify import ClarifyReport, bias_report, explainability_report
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters
from cdk_sagemaker_mlops.definition.standard.processing import evaluate_step, output_uri, preprocess_step
from cdk_sagemaker_mlops.definition.standard.quality_gate import quality_gate_step
from cdk_sagemaker_mlops.definition.standard.registration import create_model_step, register_step
from cdk_sagemaker_mlops.definition.standard.training import TrainedModel, train_step
from cdk_sagemaker_mlops.definition.standard.transform import transform_step
from cdk_sagemaker_mlops.definition.standard.tuning import tune_step


def build_standard_pipeline(config: StandardPipeline, ctx: PipelineContext) -> Pipeline:
    """Builds the SDK's pipeline of ``config``.

    Raises:
        DefinitionError: AWS has no image of the framework's version.
    """
    settings = JobSettings(config, ctx)
    parameters = Parameters(settings)
    preprocess = preprocess_step(settings, parameters)
    bias = (
        []
        if config.bias_check is None
        else [bias_report(settings, config.bias_check, data_uri=output_uri(preprocess, "train"))]
    )
    trained = _trained(settings, parameters, preprocess, bias)
    evaluation = PropertyFile(name="Evaluation", output_name="evaluation", path=EVALUATION_FILE)
    evaluate = evaluate_step(
        settings,
        parameters,
        model_uri=trained.model_uri,
        test_uri=output_uri(preprocess, "test"),
        evaluation=evaluation,
    )
    gate = quality_gate_step(
        settings,
        parameters,
        evaluate=evaluate,
        evaluation=evaluation,
        passed=_passed(
            settings,
            parameters,
            trained=trained,
            evaluation_uri=output_uri(evaluate, "evaluation"),
            test_uri=output_uri(preprocess, "test"),
            bias=bias,
        ),
    )
    return Pipeline(
        name=ctx.pipeline_name,
        parameters=parameters.all(),
        steps=[preprocess, *(report.step for report in bias), trained.step, evaluate, gate],
        sagemaker_session=ctx.session,
    )


def _trained(
    settings: JobSettings, parameters: Parameters, preprocess: ProcessingStep, bias: list[ClarifyReport]
) -> TrainedModel:
    tuning, train_uri = settings.config.tuning, output_uri(preprocess, "train")
    after = [report.step for report in bias]
    if tuning is None:
        return train_step(settings, parameters, train_uri=train_uri, after=after)
    return tune_step(settings, parameters, tuning, train_uri=train_uri, after=after)


def _passed(
    settings: JobSettings,
    parameters: Parameters,
    *,
    trained: TrainedModel,
    evaluation_uri: Any,
    test_uri: Any,
    bias: list[ClarifyReport],
) -> list[Step]:
    """Returns the steps of a model that passed the quality gate."""
    config, steps, reports = settings.config, [], [*bias]
    explainability, transform = config.explainability_check, config.batch_transform
    model_name: Any = None
    if explainability is not None or transform is not None:
        model = create_model_step(settings, model_uri=trained.model_uri)
        model_name = model.properties.ModelName
        steps.append(model)
    if explainability is not None:
        report = explainability_report(settings, explainability, data_uri=test_uri, model_name=model_name)
        reports.append(report)
        steps.append(report.step)
    register = register_step(
        settings, parameters, model_uri=trained.model_uri, evaluation_uri=evaluation_uri, reports=reports
    )
    steps.append(register)
    if transform is not None:
        steps.append(transform_step(settings, parameters, transform, model_name=model_name, after=register))
    return steps
