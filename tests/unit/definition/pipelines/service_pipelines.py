"""Other services: Lambda, SQS, EMR, notebooks, SageMaker jobs."""

from __future__ import annotations

from typing import Any

from catalogue import CODE, OTHER, shows
from sdk_objects import image, pipeline

_FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:notify"


@shows("LambdaStep", "a function by its ARN, with inputs, outputs and cache")
def lambda_function(ctx: Any) -> Any:
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow import CacheConfig, LambdaOutput, LambdaStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.lambda_step import LambdaOutputTypeEnum

    step = LambdaStep(
        name="Notify",
        lambda_func=Lambda(function_arn=_FUNCTION, session=ctx.session),
        inputs={"group": ctx.model_package_group_name, "data": ctx.input_data_uri},
        outputs=[LambdaOutput(output_name="status", output_type=LambdaOutputTypeEnum.String)],
        cache_config=CacheConfig(enable_caching=True, expire_after="PT1H"),
    )
    tell = FailStep(name="Tell", error_message=step.properties.Outputs["status"])
    return pipeline(ctx, step, tell, parameters=[ctx.input_data_uri])


@shows("LambdaStep", "a function of the stack, by `ctx.placeholder(function.function_arn)`")
def lambda_function_of_the_stack(ctx: Any) -> Any:
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow import LambdaStep

    function = Lambda(function_arn=ctx.placeholder("${Token[Function.Arn.7]}"), session=ctx.session)
    return pipeline(ctx, LambdaStep(name="Notify", lambda_func=function))


@shows("CallbackStep", "a queue by its URL, with outputs")
def callback(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import CallbackOutput, CallbackStep
    from sagemaker.mlops.workflow.callback_step import CallbackOutputTypeEnum
    from sagemaker.mlops.workflow.fail_step import FailStep

    step = CallbackStep(
        name="Ask",
        sqs_queue_url="https://sqs.eu-west-1.amazonaws.com/111122223333/questions",
        inputs={"location": ctx.s3_uri("questions")},
        outputs=[CallbackOutput(output_name="answer", output_type=CallbackOutputTypeEnum.String)],
    )
    tell = FailStep(name="Tell", error_message=step.properties.Outputs["answer"])
    return pipeline(ctx, step, tell)


@shows("EMRStep", "a step on a running cluster")
def emr_on_a_cluster(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import EMRStep, EMRStepConfig

    config = EMRStepConfig(
        jar="command-runner.jar",
        args=["spark-submit", "s3://mine/app.py"],
        output_args={"out": ctx.s3_uri("emr")},
    )
    step = EMRStep(
        name="Spark", display_name="Spark", description="", cluster_id="j-1YONHTCP3YZKC", step_config=config
    )
    return pipeline(ctx, step)


@shows("EMRStep", "a cluster of its own")
def emr_with_its_own_cluster(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import EMRStep, EMRStepConfig

    group = {"InstanceRole": "MASTER", "InstanceCount": 1, "InstanceType": "m5.xlarge"}
    step = EMRStep(
        name="Spark",
        display_name="Spark",
        description="",
        cluster_id=None,
        step_config=EMRStepConfig(jar="command-runner.jar", args=["spark-submit", "s3://mine/app.py"]),
        cluster_config={
            "Instances": {"InstanceGroups": [{"Name": "Main", **group}]},
            "ReleaseLabel": "emr-7.1.0",
            "Applications": [{"Name": "Spark"}],
            "ServiceRole": "arn:aws:iam::111122223333:role/emr-service",
            "JobFlowRole": "emr-instances",
        },
    )
    return pipeline(ctx, step)


def _serverless_job() -> Any:
    from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessJobConfig

    return EMRServerlessJobConfig(
        job_driver={"sparkSubmit": {"entryPoint": "s3://mine/app.py"}},
        execution_role_arn="arn:aws:iam::111122223333:role/emr-serverless",
        execution_timeout_minutes=60,
    )


@shows("EMRServerlessStep", "a job of an application")
def emr_serverless(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessStep

    step = EMRServerlessStep(
        name="Spark",
        display_name="Spark",
        description="",
        job_config=_serverless_job(),
        application_id="00f1abcdefgh2345",
    )
    return pipeline(ctx, step)


@shows("EMRServerlessStep", "an application of its own")
def emr_serverless_application(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessStep

    step = EMRServerlessStep(
        name="Spark",
        display_name="Spark",
        description="",
        job_config=_serverless_job(),
        application_config={"name": "churn", "releaseLabel": "emr-7.1.0", "type": "SPARK"},
    )
    return pipeline(ctx, step)


@shows("NotebookJobStep", "a local notebook, with start-up script, dependencies and parameters")
def notebook_job(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import NotebookJobStep

    step = NotebookJobStep(
        name="Notebook",
        notebook_job_name="explore",
        input_notebook=str(CODE / "notebook.ipynb"),
        initialization_script=str(OTHER / "init.sh"),
        additional_dependencies=[str(OTHER / "helpers")],
        image_uri=image(ctx),
        kernel_name="python3",
        role=ctx.role_arn,
        instance_type="ml.m5.large",
        parameters={"data": ctx.input_data_uri},
    )
    return pipeline(ctx, step, parameters=[ctx.input_data_uri])


@shows("JobStep", "any producer of `CreateJob` arguments that needs no look-up")
def sagemaker_job(ctx: Any) -> Any:
    from sagemaker.core.workflow.pipeline_capture import capture_create_job_request
    from sagemaker.core.workflow.pipeline_context import runnable_by_pipeline
    from sagemaker.mlops.workflow import JobStep

    class Producer:
        _pipeline_caller_name = "create_job"
        sagemaker_session = ctx.session

        @runnable_by_pipeline
        def train(self) -> None:
            capture_create_job_request(
                self.sagemaker_session,
                job_name="tune",
                role_arn=ctx.role_arn,
                job_category="AgentRFT",
                schema_version="1.0.0",
                job_config={
                    "InputDataConfig": {"S3Uri": ctx.input_data_uri},
                    "OutputDataConfig": {"S3OutputPath": ctx.s3_uri("jobs")},
                },
            )

    return pipeline(ctx, JobStep(name="Job", step_args=Producer().train()), parameters=[ctx.input_data_uri])
