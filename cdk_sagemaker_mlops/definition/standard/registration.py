"""The container, the model made of it, and its registration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.serve.model_builder import ModelBuilder

from cdk_sagemaker_mlops.config.processing import EVALUATION_FILE, EVALUATION_REPORT
from cdk_sagemaker_mlops.definition.standard.clarify import ClarifyReport
from cdk_sagemaker_mlops.definition.standard.images import inference_image
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters

_CONTENT_TYPES = ["text/csv", "application/json"]


def register_step(
    settings: JobSettings,
    parameters: Parameters,
    *,
    model_uri: Any,
    evaluation_uri: Any,
    reports: Sequence[ClarifyReport],
) -> ModelStep:
    """Returns the step that registers a model with its evaluation and Clarify's reports."""
    report_file = settings.config.evaluation.report_file
    metrics: dict[str, MetricsSource] = {}
    baselines: dict[str, MetricsSource] = {}
    for report in reports:
        metrics[report.metric] = _json(report.calculated_uri)
        baselines[report.baseline] = _json(report.baseline_uri)
    arguments = _model_builder(settings, model_uri).register(
        model_package_group_name=settings.ctx.model_package_group_name,
        content_types=_CONTENT_TYPES,
        response_types=_CONTENT_TYPES,
        approval_status=parameters.approval_status,
        model_metrics=ModelMetrics(model_statistics=_json(_file(evaluation_uri, EVALUATION_FILE)), **metrics),
        # ModelMetrics has no member for a page: each holds one kind of JSON, which Studio draws.
        customer_metadata_properties=(
            None if report_file is None else {EVALUATION_REPORT: _file(evaluation_uri, report_file)}
        ),
        drift_check_baselines=DriftCheckBaselines(**baselines) if baselines else None,
    )
    return ModelStep(name="RegisterModel", step_args=arguments, retry_policies=settings.step_retries)


def create_model_step(settings: JobSettings, *, model_uri: Any) -> ModelStep:
    """Returns the step that makes a model that jobs can use."""
    builder = _model_builder(settings, model_uri, network=settings.training_network)
    return ModelStep(name="CreateModel", step_args=builder.build(), retry_policies=settings.step_retries)


def _model_builder(settings: JobSettings, model_uri: Any, **options: Any) -> ModelBuilder:
    config = settings.config
    return ModelBuilder(
        image_uri=inference_image(settings),
        s3_model_data_url=model_uri,
        role_arn=settings.ctx.role_arn,
        sagemaker_session=settings.ctx.session,
        # The artifact carries its own inference code, so no job is needed to repack it.
        env_vars={
            "SAGEMAKER_PROGRAM": config.inference_script,
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            **settings.environment(config.inference.environment),
        },
        **{name: value for name, value in options.items() if value is not None},
    )


def _file(folder_uri: Any, name: str) -> Join:
    return Join(on="/", values=[folder_uri, name])


def _json(s3_uri: Any) -> MetricsSource:
    return MetricsSource(content_type="application/json", s3_uri=s3_uri)
