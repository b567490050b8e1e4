"""Quality and Clarify checks."""

from __future__ import annotations

from typing import Any

from catalogue import OTHER, shows
from sdk_objects import create_model_step, pipeline


def _job(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.check_job_config import CheckJobConfig

    return CheckJobConfig(
        role=ctx.role_arn,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        volume_size_in_gb=60,
        sagemaker_session=ctx.session,
    )


def _data_config(ctx: Any) -> Any:
    from sagemaker.core.clarify import DataConfig

    return DataConfig(
        s3_data_input_path=ctx.s3_uri("train"),
        s3_output_path=ctx.s3_uri("checks"),
        s3_analysis_config_output_path=ctx.s3_uri("check-config"),
        label="label",
        headers=["label", "age", "plan"],
        dataset_type="text/csv",
    )


def _bias() -> Any:
    from sagemaker.core.clarify import BiasConfig

    return BiasConfig(label_values_or_threshold=[1], facet_name="age", facet_values_or_threshold=[40])


@shows("QualityCheckStep", "data quality, with a local baseline and preprocessing script")
def data_quality_check(ctx: Any) -> Any:
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep

    step = QualityCheckStep(
        name="DataQuality",
        quality_check_config=DataQualityCheckConfig(
            baseline_dataset=str(OTHER / "baseline.csv"),
            dataset_format=DatasetFormat.csv(header=True),
            output_s3_uri=ctx.s3_uri("data-quality"),
            record_preprocessor_script=str(OTHER / "record.py"),
        ),
        check_job_config=_job(ctx),
        register_new_baseline=True,
        model_package_group_name=ctx.model_package_group_name,
    )
    return pipeline(ctx, step)


@shows("QualityCheckStep", "model quality, with default locations")
def model_quality_check(ctx: Any) -> Any:
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.mlops.workflow.quality_check_step import ModelQualityCheckConfig, QualityCheckStep

    step = QualityCheckStep(
        name="ModelQuality",
        quality_check_config=ModelQualityCheckConfig(
            baseline_dataset=ctx.s3_uri("predictions"),
            dataset_format=DatasetFormat.csv(header=False),
            problem_type="BinaryClassification",
            inference_attribute="_c0",
            ground_truth_attribute="_c1",
        ),
        check_job_config=_job(ctx),
        skip_check=True,
    )
    return pipeline(ctx, step)


@shows("ClarifyCheckStep", "data bias")
def data_bias_check(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig

    config = DataBiasCheckConfig(data_config=_data_config(ctx), data_bias_config=_bias(), methods="all")
    return pipeline(
        ctx, ClarifyCheckStep(name="DataBias", clarify_check_config=config, check_job_config=_job(ctx))
    )


@shows("ClarifyCheckStep", "model bias, of a model that the pipeline creates")
def model_bias_check(ctx: Any) -> Any:
    from sagemaker.core.clarify import ModelConfig, ModelPredictedLabelConfig
    from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep, ModelBiasCheckConfig

    model = create_model_step(ctx, ctx.s3_uri("models", "model.tar.gz"))
    config = ModelBiasCheckConfig(
        data_config=_data_config(ctx),
        data_bias_config=_bias(),
        model_config=ModelConfig(
            model_name=model.properties.ModelName, instance_count=1, instance_type="ml.m5.large"
        ),
        model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.8),
    )
    step = ClarifyCheckStep(name="ModelBias", clarify_check_config=config, check_job_config=_job(ctx))
    return pipeline(ctx, model, step)


@shows("ClarifyCheckStep", "explainability by SHAP")
def explainability_check(ctx: Any) -> Any:
    from sagemaker.core.clarify import ModelConfig, SHAPConfig
    from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep, ModelExplainabilityCheckConfig

    model = create_model_step(ctx, ctx.s3_uri("models", "model.tar.gz"))
    config = ModelExplainabilityCheckConfig(
        data_config=_data_config(ctx),
        model_config=ModelConfig(
            model_name=model.properties.ModelName, instance_count=1, instance_type="ml.m5.large"
        ),
        explainability_config=SHAPConfig(baseline=[[40, 1]], num_samples=10, agg_method="mean_abs"),
    )
    step = ClarifyCheckStep(name="Explain", clarify_check_config=config, check_job_config=_job(ctx))
    return pipeline(ctx, model, step)


@shows("MonitorBatchTransformStep", "a transform and the data quality check of its input")
def monitored_transform(ctx: Any) -> Any:
    from sagemaker.core.model_monitor import DatasetFormat
    from sagemaker.core.transformer import Transformer
    from sagemaker.mlops.workflow import MonitorBatchTransformStep
    from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig

    transformer = Transformer(
        model_name="churn-model",
        instance_type="ml.m5.large",
        instance_count=1,
        output_path=ctx.s3_uri("predictions"),
        sagemaker_session=ctx.session,
    )
    step = MonitorBatchTransformStep(
        name="Monitored",
        transform_step_args=transformer.transform(ctx.s3_uri("batch"), content_type="text/csv"),
        monitor_configuration=DataQualityCheckConfig(
            baseline_dataset=ctx.s3_uri("batch"), dataset_format=DatasetFormat.csv(header=False)
        ),
        check_job_configuration=_job(ctx),
        monitor_before_transform=True,
    )
    return pipeline(ctx, *step.steps)
