"""The whole loop on this machine: deploy the app, run its pipeline, approve the model, ask the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdk_sagemaker_mlops.deployed.model_registry import (
    RegisteredModel,
    approve,
    describe_model,
    registered_arn,
)
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState, invoke, wait_until_served
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, first_pipeline
from cdk_sagemaker_mlops.errors import LocalRunError, MlopsError, Problem
from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.deployment import Deployment, deploy_app
from cdk_sagemaker_mlops.local.engine_session import (
    EngineOptions,
    EngineSession,
    new_engine,
    prepare_tools,
    user_cache,
)
from cdk_sagemaker_mlops.local.payload import Payload
from cdk_sagemaker_mlops.local.pipeline_run import PipelineRunner
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.run_report import RunningEngine, RunReport
from cdk_sagemaker_mlops.local.session_store import WAITING, live_session, only_command


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """What a run is asked to do.

    Args:
        app: The app.
        payload: The request to send to the endpoint. Default: ``None``, none is sent.
        approve: Whether the registered model package is approved. Default: ``True``.
        keep: Whether the engine and the stacks stay. Default: ``False``.
        iam: Whether IAM policies are enforced. Default: ``False``.
        on_output: Receives every line that the CDK CLI prints. Default: nobody does.
    """

    app: AppFolder
    payload: Payload | None = None
    approve: bool = True
    keep: bool = False
    iam: bool = False
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
    if not options.keep:
        _run(options, stages, report)
        return
    with only_command(user_cache(), options.app.path, lambda: stages.note(WAITING)):
        _refuse_second_engine(options.app)
        _run(options, stages, report)


def _run(options: LoopOptions, stages: Stages, report: RunReport) -> None:
    toolchain = prepare_tools(stages)
    with new_engine(toolchain, stages, EngineOptions(stays=options.keep, iam=options.iam)) as engine:
        deployment = deploy_app(
            options.app,
            data=engine.data,
            toolchain=toolchain,
            engine=engine.environment,
            stages=stages,
            on_output=options.on_output,
        )
        try:
            app = _DeployedApp(
                options=options, deployment=deployment, engine=engine, stages=stages, report=report
            )
            app.use()
        except MlopsError:
            _keep_if_asked(options, engine, deployment, report)
            raise
        _keep_if_asked(options, engine, deployment, report)
        if not options.keep:
            with stages.stage("destroy", f"Destroy {', '.join(deployment.stack_names)} (cdk destroy)"):
                deployment.destroy()


def _refuse_second_engine(app: AppFolder) -> None:
    session = live_session(user_cache(), app.path)
    if session is not None:
        raise LocalRunError(
            Problem(
                code="EngineAlreadyRunning",
                parameter="--keep",
                rule="be used when no local engine is running for this app",
                value=session.endpoint_url,
                fix="run cdk-mlops local down first, or leave out --keep",
            )
        )


def _keep_if_asked(
    options: LoopOptions, engine: EngineSession, deployment: Deployment, report: RunReport
) -> None:
    if options.keep:
        engine.keep(options.app, deployment)
        report.running = RunningEngine(
            endpoint_url=engine.endpoint_url,
            environment=deployment.environment,
            stacks=deployment.stack_names,
        )


@dataclass(frozen=True, kw_only=True)
class _DeployedApp:
    """What the stages after the deployment work with."""

    options: LoopOptions
    deployment: Deployment
    engine: EngineSession
    stages: Stages
    report: RunReport

    def use(self) -> None:
        found = self.deployment.pipelines()
        pipeline = first_pipeline(found, self.deployment.stack_names)
        if len(found) > 1:
            others = ", ".join(other.path for other in found[1:])
            self.stages.note(f"The app has {len(found)} pipelines; running {pipeline.path}, not {others}.")
        model = self._execute(pipeline)
        if self.options.approve:
            self._serve(pipeline, self._approve(pipeline, model))
        else:
            self.stages.note("The model package waits for approval (--no-approve): nothing is deployed.")

    def _execute(self, pipeline: DeployedPipeline) -> RegisteredModel:
        def on_state(state: ExecutionState) -> None:
            self.report.execution = state

        runner = PipelineRunner(
            deployment=self.deployment,
            pipeline=pipeline,
            engine=self.engine,
            stages=self.stages,
            stays=self.options.keep,
        )
        with self.stages.stage("pipeline", f"Run pipeline {pipeline.pipeline_name}"):
            state = runner.run(on_state=on_state)
            model = self._describe(pipeline, registered_arn(state))
        group = pipeline.model_package_group_name
        self.stages.note(f"Model package {model.version} of {group} is {model.approval_status}.")
        return model

    def _approve(self, pipeline: DeployedPipeline, model: RegisteredModel) -> RegisteredModel:
        if model.approval_status == "Approved":
            return model
        with self.stages.stage("approve", f"Approve model package {model.version}"):
            approve(self.deployment.client("sagemaker", region=pipeline.region), model.arn)
            return self._describe(pipeline, model.arn)

    def _describe(self, pipeline: DeployedPipeline, arn: str) -> RegisteredModel:
        sagemaker = self.deployment.client("sagemaker", region=pipeline.region)
        s3 = self.deployment.client("s3", region=pipeline.region)
        self.report.model = describe_model(sagemaker, s3, arn)
        return self.report.model

    def _serve(self, pipeline: DeployedPipeline, model: RegisteredModel) -> None:
        if pipeline.endpoint_name is None:
            self.stages.note(f"{pipeline.path} deploys to no endpoint.")
            return

        def on_state(state: EndpointState | None) -> None:
            self.report.endpoint = state
            self.stages.detail("no endpoint yet" if state is None else state.status)

        with self.stages.stage("endpoint", f"Wait for endpoint {pipeline.endpoint_name}"):
            sagemaker = self.deployment.client("sagemaker", region=pipeline.region)
            wait_until_served(sagemaker, pipeline.endpoint_name, model.arn, on_state=on_state)
        self._invoke(pipeline.region, pipeline.endpoint_name)

    def _invoke(self, region: str, endpoint_name: str) -> None:
        payload = self.options.payload
        if payload is None:
            self.stages.note(
                "There is no payload.csv or payload.json in the app's folder: the endpoint is not invoked."
            )
            return
        with self.stages.stage("invoke", f"Send {payload.file.name} to the endpoint"):
            runtime = self.deployment.client("sagemaker-runtime", region=region)
            self.report.prediction = invoke(
                runtime,
                endpoint_name,
                body=payload.body,
                content_type=payload.content_type,
                source=payload.file.name,
            )
            self.report.expected = payload.expected
