"""Models: created, registered, repacked, used for a batch, and hosted."""

from __future__ import annotations

from typing import Any

from catalogue import CODE, shows
from sdk_objects import create_model_step, model_builder, pipeline, script_mode_step


def register_step(ctx: Any, train: Any, *, arguments: Any = None, **options: Any) -> Any:
    from sagemaker.mlops.workflow.model_step import ModelStep

    builder = model_builder(ctx, train.properties.ModelArtifacts.S3ModelArtifacts, **options)
    registered = builder.register(
        model_package_group_name=ctx.model_package_group_name,
        content_types=["text/csv"],
        response_types=["text/csv"],
        approval_status="PendingManualApproval",
        **({} if arguments is None else arguments),
    )
    return ModelStep(name="Register", step_args=registered)


@shows("ModelStep", "`ModelBuilder.register` without source code")
def register_without_source_code(ctx: Any) -> Any:
    train = script_mode_step(ctx)
    return pipeline(ctx, train, register_step(ctx, train, env_vars={"SAGEMAKER_PROGRAM": "inference.py"}))


@shows("ModelStep", "`ModelBuilder.register` with `SourceCode`, by a job that repacks the model")
def register_with_repack(ctx: Any) -> Any:
    from sagemaker.train.configs import SourceCode

    train = script_mode_step(ctx)
    source = SourceCode(source_dir=str(CODE), entry_script="inference.py")
    return pipeline(ctx, train, register_step(ctx, train, source_code=source))


@shows("ModelStep", "`ModelBuilder.register` with `ModelMetrics` and `DriftCheckBaselines`")
def register_with_metrics(ctx: Any) -> Any:
    from sagemaker.core.drift_check_baselines import DriftCheckBaselines
    from sagemaker.core.model_metrics import FileSource, MetricsSource, ModelMetrics

    def source(name: str) -> Any:
        return MetricsSource(content_type="application/json", s3_uri=ctx.s3_uri("metrics", name))

    train = script_mode_step(ctx)
    arguments = {
        "model_metrics": ModelMetrics(
            model_statistics=source("statistics.json"),
            model_constraints=source("constraints.json"),
            bias=source("bias.json"),
            explainability=source("explainability.json"),
        ),
        "drift_check_baselines": DriftCheckBaselines(
            model_statistics=source("statistics.json"),
            model_data_constraints=source("data.json"),
            bias_config_file=FileSource(
                content_type="application/json", s3_uri=ctx.s3_uri("metrics", "bias_config.json")
            ),
        ),
    }
    return pipeline(ctx, train, register_step(ctx, train, arguments=arguments))


@shows("ModelStep", "`ModelBuilder.build`, which creates a model")
def create_model(ctx: Any) -> Any:
    train = script_mode_step(ctx)
    return pipeline(ctx, train, create_model_step(ctx, train.properties.ModelArtifacts.S3ModelArtifacts))


@shows("TransformStep", "`Transformer` over a model that the pipeline creates")
def transform(ctx: Any) -> Any:
    from sagemaker.core.transformer import Transformer
    from sagemaker.mlops.workflow.steps import TransformStep

    model = create_model_step(ctx, ctx.s3_uri("models", "model.tar.gz"))
    transformer = Transformer(
        model_name=model.properties.ModelName,
        instance_type="ml.m5.large",
        instance_count=1,
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=ctx.s3_uri("predictions"),
        sagemaker_session=ctx.session,
    )
    arguments = transformer.transform(ctx.input_data_uri, content_type="text/csv", split_type="Line")
    return pipeline(
        ctx, model, TransformStep(name="Predict", step_args=arguments), parameters=[ctx.input_data_uri]
    )


@shows("EndpointConfigStep", "`session.create_endpoint_config` for a model that the pipeline creates")
@shows("EndpointStep", "`session.create_endpoint` for that configuration")
@shows("InferenceComponentStep", "`session.create_inference_component` on that endpoint")
def hosting(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import EndpointConfigStep, EndpointStep, InferenceComponentStep

    model = create_model_step(ctx, ctx.s3_uri("models", "model.tar.gz"))
    variant = {"VariantName": "All", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    config = EndpointConfigStep(
        name="Config",
        step_args=ctx.session.create_endpoint_config(
            name="churn-config", production_variants=[variant], role=ctx.role_arn
        ),
        depends_on=[model],
    )
    endpoint = EndpointStep(
        name="Endpoint",
        step_args=ctx.session.create_endpoint(
            endpoint_name="churn", config_name=config.properties.EndpointConfigName
        ),
    )
    component = InferenceComponentStep(
        name="Component",
        step_args=ctx.session.create_inference_component(
            inference_component_name="churn-component",
            endpoint_name=endpoint.properties.EndpointName,
            variant_name="All",
            specification={
                "ModelName": model.properties.ModelName,
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024, "NumberOfCpuCoresRequired": 1},
            },
            runtime_config={"CopyCount": 1},
        ),
    )
    return pipeline(ctx, model, config, endpoint, component)
