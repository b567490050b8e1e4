"""What holds steps together: conditions, loops, parameters, dependencies, retries, caches."""

from __future__ import annotations

from typing import Any

from catalogue import CODE, shows
from sdk_objects import (
    pipeline,
    processing_input,
    processing_output,
    script_mode_step,
    script_processor,
    trainer,
    training_step,
)


@shows("FailStep", "with a text")
def condition_and_fail(ctx: Any) -> Any:
    from sagemaker.core.workflow.conditions import ConditionGreaterThan
    from sagemaker.core.workflow.parameters import ParameterFloat
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep

    threshold = ParameterFloat(name="Threshold", default_value=0.5)
    gate = ConditionStep(
        name="Gate",
        conditions=[ConditionGreaterThan(left=threshold, right=0.4)],
        if_steps=[script_mode_step(ctx)],
        else_steps=[FailStep(name="Fail", error_message="too low")],
    )
    return pipeline(ctx, gate, parameters=[threshold])


@shows(
    "ConditionStep", "every kind of condition, over parameters, properties, `JsonGet` and execution variables"
)
def every_condition(ctx: Any) -> Any:
    from sagemaker.core.workflow import conditions as kinds
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.functions import JsonGet
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
    from sagemaker.core.workflow.properties import PropertyFile
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.steps import ProcessingStep

    threshold = ParameterFloat(name="Threshold", default_value=0.5)
    colour = ParameterString(name="Colour", default_value="red", enum_values=["red", "green"])
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    arguments = script_processor(ctx).run(
        code=str(CODE / "evaluate.py"), outputs=[processing_output("report", ctx.s3_uri("report"))]
    )
    evaluate = ProcessingStep(name="Evaluate", step_args=arguments, property_files=[report])
    score = JsonGet(step_name=evaluate.name, property_file=report, json_path="metrics.f1.value")
    gate = ConditionStep(
        name="Gate",
        conditions=[
            kinds.ConditionGreaterThan(left=score, right=threshold),
            kinds.ConditionGreaterThanOrEqualTo(left=score, right=0.1),
            kinds.ConditionLessThan(left=score, right=1.0),
            kinds.ConditionLessThanOrEqualTo(left=score, right=1.0),
            kinds.ConditionNot(
                kinds.ConditionEquals(left=ExecutionVariables.START_DATETIME, right="1970-01-01T00:00:00Z")
            ),
            kinds.ConditionOr(
                conditions=[
                    kinds.ConditionIn(value=colour, in_values=["red", "green"]),
                    kinds.ConditionEquals(left=evaluate.properties.ProcessingJobStatus, right="Completed"),
                ]
            ),
        ],
        if_steps=[],
        else_steps=[FailStep(name="Fail", error_message="no")],
    )
    return pipeline(ctx, evaluate, gate, parameters=[threshold, colour])


@shows("FailStep", "with `Join` over parameters and execution variables")
def join_in_a_message(ctx: Any) -> Any:
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.functions import Join
    from sagemaker.core.workflow.parameters import ParameterInteger
    from sagemaker.mlops.workflow.fail_step import FailStep

    count = ParameterInteger(name="Count", default_value=3)
    message = Join(on=" ", values=["stopped", ExecutionVariables.PIPELINE_EXECUTION_ID, "after", count])
    return pipeline(ctx, FailStep(name="Fail", error_message=message), parameters=[count])


@shows("Pipeline", "parameters of every type, with and without default, in place of job settings")
def every_parameter(ctx: Any) -> Any:
    from sagemaker.core.workflow.parameters import (
        ParameterBoolean,
        ParameterFloat,
        ParameterInteger,
        ParameterString,
    )

    instance_type = ParameterString(name="InstanceType", default_value="ml.m5.large")
    label = ParameterString(name="Label")
    depth = ParameterInteger(name="Depth", default_value=3)
    rate = ParameterFloat(name="Rate", default_value=0.5)
    shuffle = ParameterBoolean(name="Shuffle", default_value=True)
    step = training_step(
        ctx,
        compute=_compute(instance_type),
        hyperparameters={
            "label": label,
            "depth": depth.to_string(),
            "rate": rate.to_string(),
            "shuffle": shuffle.to_string(),
        },
    )
    return pipeline(ctx, step, parameters=[instance_type, label, depth, rate, shuffle])


def _compute(instance_type: Any) -> Any:
    from sdk_objects import compute

    return compute(instance_type=instance_type)


@shows("Pipeline", "`PipelineExperimentConfig`, `PipelineDefinitionConfig`")
def pipeline_settings(ctx: Any) -> Any:
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
    from sagemaker.mlops.workflow import PipelineExperimentConfig

    return pipeline(
        ctx,
        script_mode_step(ctx),
        pipeline_experiment_config=PipelineExperimentConfig(
            "churn", ExecutionVariables.PIPELINE_EXECUTION_ID
        ),
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=True),
    )


@shows("Pipeline", "`CacheConfig`, retry policies, `depends_on` and `StepDependency`")
def retries_cache_and_order(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import (
        CacheConfig,
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
        StepDependency,
        StepExceptionTypeEnum,
        StepRetryPolicy,
        TriggerCondition,
    )
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep

    prepare = ProcessingStep(
        name="Prepare",
        display_name="Prepare the data",
        description="First of three",
        step_args=script_processor(ctx).run(
            code=str(CODE / "preprocess.py"), inputs=[processing_input("data", ctx.s3_uri("raw"))]
        ),
        cache_config=CacheConfig(enable_caching=True, expire_after="P30D"),
    )
    train = TrainingStep(
        name="Train",
        step_args=trainer(ctx, hyperparameters={"sagemaker_program": "train.py"}).train(),
        depends_on=[prepare],
        retry_policies=[
            StepRetryPolicy(
                exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
                interval_seconds=5,
                max_attempts=4,
            ),
            SageMakerJobStepRetryPolicy(
                failure_reason_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR],
                exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
                expire_after_mins=60,
            ),
        ],
    )
    tell = FailStep(
        name="Tell",
        error_message="training failed",
        depends_on=[StepDependency(train, TriggerCondition.FAILED)],
    )
    return pipeline(ctx, prepare, train, tell)


@shows("ForEachStep", "a Lambda function for each item, and the best of the outputs")
def for_each(ctx: Any) -> Any:
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.mlops.workflow import (
        CurrentItem,
        ForEachSelector,
        ForEachStep,
        IterationOutput,
        LambdaOutput,
        LambdaStep,
    )
    from sagemaker.mlops.workflow.fail_step import FailStep

    score = LambdaStep(
        name="Score",
        lambda_func=Lambda(
            function_arn="arn:aws:lambda:eu-west-1:111122223333:function:score", session=ctx.session
        ),
        inputs={"plan": CurrentItem()},
        outputs=[LambdaOutput(output_name="score")],
    )
    loop = ForEachStep(
        name="Plans",
        iterable_items=["basic", "plus"],
        max_concurrency=2,
        for_each_body=[score],
        selector=ForEachSelector(pick="MaxBy", field=IterationOutput(score).OutputParameters["score"]),
    )
    tell = FailStep(name="Tell", error_message=loop.properties.Selected.Score.OutputParameters["score"])
    return pipeline(ctx, loop, tell)


@shows("CleanupStep", "`S3CleanupSource`, of a training step's output")
def cleanup(ctx: Any) -> Any:
    from sagemaker.mlops.workflow import CleanupStep, S3CleanupSource

    train = script_mode_step(ctx)
    sources = [S3CleanupSource(train, s3_uris=[ctx.s3_uri("models")])]
    return pipeline(ctx, train, CleanupStep(name="Cleanup", s3_sources=sources))


@shows("LineageStep", "actions, artifacts and contexts, with associations")
def lineage(ctx: Any) -> Any:
    from sagemaker.core.lineage.action import Action
    from sagemaker.core.lineage.artifact import Artifact
    from sagemaker.core.lineage.context import Context
    from sagemaker.mlops.workflow import LineageAssociation, LineageEntityReference, LineageStep

    session = ctx.session
    action = Action.create(
        action_name="review", source_uri="s3://mine/review", action_type="Review", sagemaker_session=session
    )
    artifact = Artifact.create(
        artifact_name="data", source_uri="s3://mine/data", artifact_type="DataSet", sagemaker_session=session
    )
    context = Context.create(
        context_name="project",
        source_uri="https://example.com",
        context_type="Project",
        sagemaker_session=session,
    )
    association = LineageAssociation(
        source=LineageEntityReference(name="data", type="Artifact"),
        destination=LineageEntityReference(name="review", type="Action"),
        association_type="ContributedTo",
    )
    step = LineageStep(
        name="Lineage", actions=action, artifacts=[artifact], contexts=context, associations=[association]
    )
    return pipeline(ctx, step)
