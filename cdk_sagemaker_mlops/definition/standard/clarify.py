"""CheckBias and CheckExplainability: Clarify's reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker.core.clarify import BiasConfig, DataConfig, ModelConfig, SHAPConfig
from sagemaker.core.network import NetworkConfig
from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
from sagemaker.mlops.workflow.clarify_check_step import (
    ClarifyCheckConfig,
    ClarifyCheckStep,
    DataBiasCheckConfig,
    ModelExplainabilityCheckConfig,
)

from cdk_sagemaker_mlops.config.clarify_checks import BiasCheck, ExplainabilityCheck
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings

_CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class ClarifyReport:
    """A check, and where its report belongs in a model package.

    Attributes:
        step: The step.
        metric: Argument of ``ModelMetrics`` that takes the report.
        baseline: Argument of ``DriftCheckBaselines`` that takes the baseline.
    """

    step: ClarifyCheckStep
    metric: str
    baseline: str

    @property
    def calculated_uri(self) -> Any:
        """S3 URI of the report of this execution."""
        return self.step.properties.CalculatedBaselineConstraints

    @property
    def baseline_uri(self) -> Any:
        """S3 URI of the report that this execution was compared with, or its own."""
        return self.step.properties.BaselineUsedForDriftCheckConstraints


def bias_report(settings: JobSettings, options: BiasCheck, *, data_uri: Any) -> ClarifyReport:
    """Returns the check of the training data."""
    config = DataBiasCheckConfig(
        data_config=_data_config(settings, "bias", data_uri, options.label, options.headers),
        data_bias_config=BiasConfig(
            label_values_or_threshold=list(options.label_values_or_threshold),
            facet_name=options.facet_name,
            facet_values_or_threshold=list(options.facet_values_or_threshold),
        ),
        kms_key=settings.output_kms_key,
    )
    return ClarifyReport(
        step=_check_step(
            settings,
            "CheckBias",
            config,
            instance_type=options.instance_type,
            check_drift=options.check_drift,
        ),
        metric="bias_pre_training",
        baseline="bias_pre_training_constraints",
    )


def explainability_report(
    settings: JobSettings, options: ExplainabilityCheck, *, data_uri: Any, model_name: Any
) -> ClarifyReport:
    """Returns the check of what a model's predictions depend on."""
    config = ModelExplainabilityCheckConfig(
        data_config=_data_config(settings, "explainability", data_uri, options.label, options.headers),
        model_config=ModelConfig(
            model_name=model_name,
            instance_count=1,
            instance_type=options.instance_type,
            accept_type=_CSV,
            content_type=_CSV,
        ),
        explainability_config=SHAPConfig(num_samples=options.num_samples, agg_method="mean_abs"),
        kms_key=settings.output_kms_key,
    )
    return ClarifyReport(
        step=_check_step(
            settings,
            "CheckExplainability",
            config,
            instance_type=options.instance_type,
            check_drift=options.check_drift,
        ),
        metric="explainability",
        baseline="explainability_constraints",
    )


class _CheckStep(ClarifyCheckStep):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's step, with the network in the API's words.

    The SDK puts its own object into the request (``sagemaker/mlops/workflow/_check_job_request.py``).
    """

    @property
    def arguments(self) -> dict[str, Any]:
        """The request of the processing job."""
        request: dict[str, Any] = super().arguments
        network = request.get("NetworkConfig")
        if isinstance(network, NetworkConfig):
            request["NetworkConfig"] = network._to_request_dict()
        return request


def _check_step(
    settings: JobSettings, name: str, config: ClarifyCheckConfig, *, instance_type: str, check_drift: bool
) -> ClarifyCheckStep:
    return _CheckStep(
        name=name,
        clarify_check_config=config,
        check_job_config=CheckJobConfig(
            role=settings.ctx.role_arn,
            instance_count=1,
            instance_type=instance_type,
            volume_size_in_gb=settings.config.volume_size_in_gb,
            volume_kms_key=settings.volume_kms_key,
            output_kms_key=settings.output_kms_key,
            max_runtime_in_seconds=settings.config.max_runtime_in_seconds,
            base_job_name=name.lower(),
            sagemaker_session=settings.ctx.session,
            tags=settings.tag_list,
            network_config=settings.processing_network,
        ),
        skip_check=not check_drift,
        register_new_baseline=True,
        model_package_group_name=settings.ctx.model_package_group_name,
        cache_config=settings.cache,
    )


def _data_config(
    settings: JobSettings, kind: str, data_uri: Any, label: str | int, headers: Sequence[str]
) -> DataConfig:
    return DataConfig(
        s3_data_input_path=data_uri,
        s3_output_path=settings.of_this_execution(kind),
        # Uploaded with the code, so it cannot depend on the execution, nor lie where the reports do.
        s3_analysis_config_output_path=settings.ctx.s3_uri("analysis-config", kind),
        label=label,
        headers=list(headers) if headers else None,
        dataset_type=_CSV,
    )
