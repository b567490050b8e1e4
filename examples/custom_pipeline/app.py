"""A pipeline of your own in the SageMaker SDK: data is checked, a search trains, its best is registered.

CheckData -> DataIsComplete -> Tune -> RegisterModel, or Fail with the share of rows that lack a value.
"""
# The SDK is imported where it is used: by the functions, which only run when something has changed.
# ruff: noqa: PLC0415

from pathlib import Path

from aws_cdk import App, RemovalPolicy, Stack

from cdk_sagemaker_mlops import MlopsPipeline, PipelineContext, cacheable

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"
INSTANCE_TYPE = "ml.m5.large"


@cacheable(inputs=[SCRIPTS])
def wine_pipeline(ctx: PipelineContext):
    from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
    from sagemaker.core.workflow.functions import Join, JsonGet
    from sagemaker.core.workflow.parameters import ParameterFloat
    from sagemaker.core.workflow.properties import PropertyFile
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline

    largest_share = ParameterFloat(name="LargestMissingShare", default_value=0.05)
    report = PropertyFile(name="DataQuality", output_name="report", path="report.json")
    check = check_data(ctx, report)
    share = JsonGet(step_name=check.name, property_file=report, json_path="missing.share")
    tune = search(ctx, check)
    best = tune.get_top_model_s3_uri(top_k=0, s3_bucket=ctx.bucket, prefix=f"{ctx.pipeline_name}/models")
    gate = ConditionStep(
        name="DataIsComplete",
        conditions=[ConditionLessThanOrEqualTo(left=share, right=largest_share)],
        if_steps=[tune, register(ctx, best)],
        else_steps=[FailStep(name="Fail", error_message=Join(on=" ", values=["Missing values:", share]))],
    )
    return Pipeline(
        ctx.pipeline_name,
        parameters=[ctx.input_data_uri, largest_share],
        steps=[check, gate],
        sagemaker_session=ctx.session,
    )


def check_data(ctx, report):
    """A processing job with your own script: it measures the data, and splits what it could read."""
    from sagemaker.core.processing import FrameworkProcessor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.mlops.workflow.steps import ProcessingStep

    def output(name):
        place = ProcessingS3Output(
            s3_uri=ctx.s3_uri("checked", name),
            local_path=f"/opt/ml/processing/output/{name}",
            s3_upload_mode="EndOfJob",
        )
        return ProcessingOutput(output_name=name, s3_output=place)

    processor = FrameworkProcessor(
        image_uri=ctx.image_uri(framework="sklearn", version="1.9-0"),
        command=["python3"],
        role=ctx.role_arn,
        instance_type=INSTANCE_TYPE,
        instance_count=1,
        base_job_name="check-data",
        sagemaker_session=ctx.session,
    )
    data = ProcessingS3Input(
        s3_uri=ctx.input_data_uri,
        local_path="/opt/ml/processing/input/data",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    arguments = processor.run(
        code="check_data.py",
        source_dir=str(SCRIPTS),
        inputs=[ProcessingInput(input_name="data", s3_input=data)],
        outputs=[output(name) for name in ("train", "validation", "report")],
    )
    return ProcessingStep(name="CheckData", step_args=arguments, property_files=[report])


def search(ctx, check):
    """A tuning job: six trees of different depth and leaf size, two at a time."""
    from sagemaker.core.parameter import IntegerParameter
    from sagemaker.core.shapes import OutputDataConfig, StoppingCondition
    from sagemaker.mlops.workflow.steps import TuningStep
    from sagemaker.train.configs import Compute, InputData, SourceCode
    from sagemaker.train.model_trainer import ModelTrainer
    from sagemaker.train.tuner import HyperparameterTuner

    trainer = ModelTrainer(
        training_image=ctx.image_uri(framework="sklearn", version="1.9-0"),
        source_code=SourceCode(source_dir=str(SCRIPTS), entry_script="train.py"),
        compute=Compute(instance_type=INSTANCE_TYPE, instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
        output_data_config=OutputDataConfig(s3_output_path=ctx.s3_uri("models")),
        base_job_name="tune",
        role=ctx.role_arn,
        sagemaker_session=ctx.session,
    )
    tuner = HyperparameterTuner(
        trainer,
        objective_metric_name="validation:accuracy",
        metric_definitions=[{"Name": "validation:accuracy", "Regex": "validation_accuracy=([0-9.]+);"}],
        hyperparameter_ranges={
            "max_depth": IntegerParameter(2, 8),
            "min_samples_leaf": IntegerParameter(1, 10),
        },
        max_jobs=6,
        max_parallel_jobs=2,
    )
    outputs = check.properties.ProcessingOutputConfig.Outputs
    channels = [
        InputData(channel_name=name, data_source=outputs[name].S3Output.S3Uri)
        for name in ("train", "validation")
    ]
    return TuningStep(name="Tune", step_args=tuner.tune(inputs=channels))


def register(ctx, model_uri):
    """Registers the best model; its artifact carries the code that serves it."""
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.serve.model_builder import ModelBuilder

    builder = ModelBuilder(
        image_uri=ctx.image_uri(framework="sklearn", version="1.9-0", image_scope="inference"),
        s3_model_data_url=model_uri,
        role_arn=ctx.role_arn,
        sagemaker_session=ctx.session,
        env_vars={
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    )
    arguments = builder.register(
        model_package_group_name=ctx.model_package_group_name,
        content_types=["text/csv"],
        response_types=["application/json"],
        approval_status="PendingManualApproval",
    )
    return ModelStep(name="RegisterModel", step_args=arguments)


app = App()
stack = Stack(app, "CustomPipeline", description="A SageMaker SDK pipeline with a data check and a search")
MlopsPipeline(
    stack,
    "Mlops",
    pipeline=wine_pipeline,
    input_data=HERE / "data",
    removal_policy=RemovalPolicy.DESTROY,  # an example leaves nothing behind; the default keeps your models
)
app.synth()
