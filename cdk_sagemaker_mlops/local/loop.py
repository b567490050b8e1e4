"""The whole loop on this machine: deploy the app, run its pipeline, approve the model, ask the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdk_sagemaker_mlops.deployed.model_registry import approve, describe_model, registered_arn
from cdk_sagemaker_mlops.deployed.pipeline_execution import (
    ExecutionState,
    StepState,
    execution_error,
    failed_step,
    follow_execution,
    start_execution,
)
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState, invoke, wait_until_served
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, first_pipeline
from cdk_sagemaker_mlops.errors import LocalRunError, MlopsError, Problem
from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.deployment import Deployment, deploy_app
from cdk_sagemaker_mlops.local.engine_log import step_log
from cdk_sagemaker_mlops.local.engine_session import EngineSession, new_engine, prepare_tools, user_cache
from cdk_sagemaker_mlops.local.payload import Payload
from cdk_sagemaker_mlops.local.progress import Stages, StepChanged
from cdk_sagemaker_mlops.local.run_report import RunningEngine, RunReport
from cdk_sagemaker_mlops.local.session_store import live_session

_LOG_LINES = 40


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """What a run is asked to do.

    Args:
        app: The app.
        payload: The request to send to the endpoint. Default: ``None``, none is sent.
        approve: Whether the registered model package is approved. Default: ``True``.
        keep: Whether the engine and the stacks stay. Default: ``False``.
        on_output: Receives every line that the CDK CLI prints. Default: nobody does.
    """

    app: AppFolder
    payload: Payload | None = None
    approve: bool = True
    keep: bool = False
    on_output: Callable[[str], None] | None = None


def run_loop(options: LoopOptions, stages: Stages, report: RunReport) -> None:
    """Runs every stage, and cleans up whatever happens.

    With ``keep``, an app that was deployed stays even when a later stage fails: what failed can be looked at.

    Args:
        options: What to do.
        stages: Times and announces the stages.
        report: Filled in as things become known, so that it is of use when a stage fails.

    Raises:
        LocalRunError: A stage failed.
    """
    report.seconds = stages.seconds
    if options.keep:
        _refuse_second_engine()
    toolchain = prepare_tools(stages)
    with new_engine(toolchain, stages, may_stay=options.keep) as engine:
        deployment = deploy_app(
            options.app,
            data=engine.data,
            toolchain=toolchain,
            engine=engine.environment,
            stages=stages,
            on_output=options.on_output,
        )
        try:
            _use(options, deployment, engine.endpoint_url, stages, report)
        except MlopsError:
            _keep_if_asked(options, engine, deployment, report)
            raise
        _keep_if_asked(options, engine, deployment, report)
        if not options.keep:
            with stages.stage("destroy", f"Destroy {', '.join(deployment.stack_names)} (cdk destroy)"):
                deployment.destroy()


def _refuse_second_engine() -> None:
    session = live_session(user_cache())
    if session is not None:
        raise LocalRunError(
            Problem(
                code="EngineAlreadyRunning",
                parameter="--keep",
                rule="be used when no local engine is running",
                value=session.endpoint_url,
                fix="run cdk-mlops local down first, or leave out --keep",
            )
        )


def _keep_if_asked(
    options: LoopOptions, engine: EngineSession, deployment: Deployment, report: RunReport
) -> None:
    if options.keep:
        engine.keep(deployment.stack_names)
        report.running = RunningEngine(
            endpoint_url=engine.endpoint_url,
            environment=deployment.environment,
            stacks=deployment.stack_names,
        )


def _use(
    options: LoopOptions, deployment: Deployment, endpoint_url: str, stages: Stages, report: RunReport
) -> None:
    found = deployment.pipelines()
    pipeline = first_pipeline(found, deployment.stack_names)
    if len(found) > 1:
        others = ", ".join(other.path for other in found[1:])
        stages.note(f"The app has {len(found)} pipelines; running {pipeline.path}, not {others}.")
    _execute(deployment, pipeline, endpoint_url, stages, report)
    if options.approve:
        _approve(deployment, pipeline, stages, report)
        _serve(options, deployment, pipeline, stages, report)
    else:
        stages.note("The model package waits for approval (--no-approve): nothing is deployed.")


def _execute(
    deployment: Deployment, pipeline: DeployedPipeline, endpoint_url: str, stages: Stages, report: RunReport
) -> None:
    sagemaker = deployment.client("sagemaker", region=pipeline.region)

    def on_state(state: ExecutionState) -> None:
        report.execution = state

    def on_step(step: StepState) -> None:
        stages.tell(StepChanged(name=step.name, status=step.status, seconds=step.seconds))

    with stages.stage("pipeline", f"Run pipeline {pipeline.pipeline_name}"):
        arn = start_execution(sagemaker, pipeline.pipeline_name)
        state = follow_execution(sagemaker, arn, on_state=on_state, on_step=on_step)
        if state.status != "Succeeded":
            _show_log(state, endpoint_url, stages)
            raise execution_error(state)
        package = registered_arn(state)
        s3 = deployment.client("s3", region=pipeline.region)
        report.model = describe_model(sagemaker, s3, package)
    stages.note(
        f"Model package {report.model.version} of {pipeline.model_package_group_name} is"
        f" {report.model.approval_status}."
    )


def _show_log(state: ExecutionState, endpoint_url: str, stages: Stages) -> None:
    step = failed_step(state)
    log = None if step is None else step_log(endpoint_url, state.arn, step.name)
    if step is not None and log:
        lines = log.rstrip().splitlines()[-_LOG_LINES:]
        stages.note("\n".join([f"Log of step {step.name}, its last {len(lines)} lines:", *lines]))


def _approve(deployment: Deployment, pipeline: DeployedPipeline, stages: Stages, report: RunReport) -> None:
    if report.model is None or report.model.approval_status == "Approved":
        return
    sagemaker = deployment.client("sagemaker", region=pipeline.region)
    s3 = deployment.client("s3", region=pipeline.region)
    with stages.stage("approve", f"Approve model package {report.model.version}"):
        approve(sagemaker, report.model.arn)
        report.model = describe_model(sagemaker, s3, report.model.arn)


def _serve(
    options: LoopOptions,
    deployment: Deployment,
    pipeline: DeployedPipeline,
    stages: Stages,
    report: RunReport,
) -> None:
    if pipeline.endpoint_name is None or report.model is None:
        stages.note(f"{pipeline.path} deploys to no endpoint.")
        return

    def on_state(state: EndpointState | None) -> None:
        report.endpoint = state
        stages.detail("no endpoint yet" if state is None else state.status)

    with stages.stage("endpoint", f"Wait for endpoint {pipeline.endpoint_name}"):
        sagemaker = deployment.client("sagemaker", region=pipeline.region)
        wait_until_served(sagemaker, pipeline.endpoint_name, report.model.arn, on_state=on_state)
    if options.payload is None:
        stages.note(
            "There is no payload.csv or payload.json in the app's folder: the endpoint is not invoked."
        )
        return
    with stages.stage("invoke", f"Send {options.payload.file.name} to the endpoint"):
        runtime = deployment.client("sagemaker-runtime", region=pipeline.region)
        payload = options.payload
        report.prediction = invoke(
            runtime,
            pipeline.endpoint_name,
            body=payload.body,
            content_type=payload.content_type,
            source=payload.file.name,
        )
        report.expected = options.payload.expected
