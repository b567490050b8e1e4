"""What the fixtures ``mlops_engine`` and ``mlops_stack`` of the pytest plugin give to a test."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.model_registry import (
    RegisteredModel,
    approve,
    describe_model,
    registered_arn,
)
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState, StepState
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState, invoke, wait_until_served
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, first_pipeline
from cdk_sagemaker_mlops.errors import LocalRunError, MlopsError, Problem
from cdk_sagemaker_mlops.local.app_folder import app_folder
from cdk_sagemaker_mlops.local.aws_clients import aws_client
from cdk_sagemaker_mlops.local.deployment import Deployment, deploy_app
from cdk_sagemaker_mlops.local.engine_session import EngineOptions, EngineSession, new_engine, prepare_tools
from cdk_sagemaker_mlops.local.pipeline_run import PipelineRunner
from cdk_sagemaker_mlops.local.progress import Listener, Stages
from cdk_sagemaker_mlops.local.toolchain import Toolchain

P = ParamSpec("P")
R = TypeVar("R")


def _told_where_it_is_called(method: Callable[P, R]) -> Callable[P, R]:
    """Lets pytest show the line of the test that called, and the error's text, but nothing in between."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return method(*args, **kwargs)
        except (MlopsError, ClientError) as error:
            raise error.with_traceback(None) from None

    return call


@dataclass(frozen=True, kw_only=True)
class FinishedExecution:
    """A pipeline execution that succeeded.

    Args:
        state: How it ended.
        model_package: What it registered; of several, the last. Default: ``None``, nothing.
    """

    state: ExecutionState
    model_package: RegisteredModel | None = None

    @property
    def steps(self) -> Mapping[str, StepState]:
        """The steps that ran, by name: ``status``, ``seconds``, ``cached``, ``metadata``."""
        return {step.name: step for step in self.state.steps}


class MlopsStack:
    """An app that is deployed to the local engine, and one of its pipelines.

    Args:
        deployment: The app.
        pipeline: Its pipeline.
        engine: The engine.
        stages: Is told what happens.
    """

    def __init__(
        self, deployment: Deployment, pipeline: DeployedPipeline, engine: EngineSession, stages: Stages
    ) -> None:
        self.deployment = deployment
        self.pipeline = pipeline
        self._engine = engine
        self._stages = stages

    def client(self, service: str) -> Any:
        """Makes a boto3 client of the engine, in the app's account and region.

        Args:
            service: The service's name in boto3.
        """
        return self.deployment.client(service, region=self.pipeline.region)

    @_told_where_it_is_called
    def select(self, path: str) -> MlopsStack:
        """Gives the same app with another of its pipelines.

        Args:
            path: Path of the ``MlopsPipeline``, such as ``Churn/Mlops``.

        Raises:
            LocalRunError: The app has none there.
        """
        found = {pipeline.path: pipeline for pipeline in self.deployment.pipelines()}
        if path not in found:
            known = ", ".join(found)
            raise LocalRunError(
                Problem(
                    code="NoSuchPipeline",
                    parameter="path",
                    rule=f"be the path of an MlopsPipeline of the app ({known})",
                    value=path,
                    fix="correct the path",
                )
            )
        return MlopsStack(self.deployment, found[path], self._engine, self._stages)

    @_told_where_it_is_called
    def run_pipeline(self, **parameters: object) -> FinishedExecution:
        """Starts the pipeline and waits until it has ended.

        Args:
            **parameters: Values of the pipeline's parameters, by name.

        Raises:
            OperationError: It did not succeed; the text says which step failed, why, and where its job's
                folder is.
        """
        runner = PipelineRunner(
            deployment=self.deployment,
            pipeline=self.pipeline,
            engine=self._engine,
            stages=self._stages,
            stays=False,
        )
        state = runner.run({name: str(value) for name, value in parameters.items()})
        registers = any("RegisterModel" in step.metadata for step in state.steps)
        model = self.model_package(registered_arn(state)) if registers else None
        return FinishedExecution(state=state, model_package=model)

    def model_package(self, arn: str) -> RegisteredModel:
        """Reads a model package: its version, approval and metrics.

        Args:
            arn: Its ARN.
        """
        return describe_model(self.client("sagemaker"), self.client("s3"), arn)

    def approve(self, package: RegisteredModel) -> None:
        """Approves a model package, upon which the app deploys it.

        Args:
            package: What an execution registered.
        """
        approve(self.client("sagemaker"), package.arn)

    def reject(self, package: RegisteredModel) -> None:
        """Rejects a model package; if it is the one that is served, the one approved before returns.

        Args:
            package: What an execution registered.
        """
        self.client("sagemaker").update_model_package(
            ModelPackageArn=package.arn, ModelApprovalStatus="Rejected"
        )

    @_told_where_it_is_called
    def wait_for_endpoint(self, package: RegisteredModel, *, timeout: float = 300) -> EndpointState:
        """Waits until the endpoint serves a model package.

        Args:
            package: What it must serve.
            timeout: Most seconds to wait. Default: ``300``.

        Raises:
            LocalRunError: The app deploys to no endpoint.
            OperationError: The endpoint failed, or the time is over.
        """
        return wait_until_served(
            self.client("sagemaker"),
            self._endpoint_name(),
            package.arn,
            timeout=timeout,
            on_state=lambda _state: None,
        )

    @_told_where_it_is_called
    def invoke(self, body: str | bytes, content_type: str = "text/csv") -> Any:
        """Sends a request to the endpoint.

        Args:
            body: The request.
            content_type: Its content type. Default: ``'text/csv'``.

        Returns:
            The answer: decoded when it is JSON, else its text.

        Raises:
            LocalRunError: The app deploys to no endpoint.
            OperationError: The model refused the request or failed on it.
        """
        return invoke(
            self.client("sagemaker-runtime"),
            self._endpoint_name(),
            body=body.encode() if isinstance(body, str) else body,
            content_type=content_type,
            source="body",
        )

    def _endpoint_name(self) -> str:
        if self.pipeline.endpoint_name is None:
            raise LocalRunError(
                Problem(
                    code="NoEndpoint",
                    parameter=self.pipeline.path,
                    rule="deploy to an endpoint",
                    value=None,
                    fix="give MlopsPipeline an endpoint",
                )
            )
        return self.pipeline.endpoint_name


class MlopsEngine:
    """The local engine of a test session.

    Args:
        session: The engine.
        toolchain: Node and the CDK CLI.
        stages: Is told what happens.
    """

    def __init__(self, session: EngineSession, toolchain: Toolchain, stages: Stages) -> None:
        self._session = session
        self._toolchain = toolchain
        self._stages = stages
        self._deployed: dict[Path, MlopsStack] = {}

    @property
    def endpoint_url(self) -> str:
        """Address that answers every AWS call."""
        return self._session.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point boto3, the AWS CLI and the CDK CLI at the engine."""
        return dict(self._session.environment)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Makes a boto3 client of the engine.

        Args:
            service: The service's name in boto3.
            region: Region to call. Default: the engine's.
        """
        return aws_client(service, self._session.environment, region=region)

    def deploy(self, folder: Path) -> MlopsStack:
        """Deploys an app, once: the next call for the same folder gives the same.

        Args:
            folder: The app's folder, which holds ``cdk.json``.

        Raises:
            ValidationError: It is no app's folder.
            LocalRunError: The app could not be deployed, or has no ``MlopsPipeline``.
        """
        app = app_folder(folder)
        if app.path not in self._deployed:
            deployment = deploy_app(
                app,
                data=self._session.data,
                toolchain=self._toolchain,
                engine=self._session.environment,
                stages=self._stages,
            )
            pipeline = first_pipeline(deployment.pipelines(), deployment.stack_names)
            self._deployed[app.path] = MlopsStack(deployment, pipeline, self._session, self._stages)
        return self._deployed[app.path]

    def destroy(self) -> None:
        """Destroys every app that was deployed, the last first.

        Raises:
            LocalRunError: The CDK CLI failed.
        """
        while self._deployed:
            folder, stack = self._deployed.popitem()
            with self._stages.stage("destroy", f"Destroy {folder.name}"):
                stack.deployment.destroy()


@contextmanager
def started_engine(*, iam: bool, tell: Listener) -> Iterator[MlopsEngine]:
    """Runs an engine while the block runs, and destroys what was deployed to it.

    Args:
        iam: Whether IAM policies are enforced.
        tell: Is told what happens.

    Raises:
        LocalRunError: It does not start, or an app could not be destroyed.
    """
    stages = Stages(tell=tell)
    toolchain = prepare_tools(stages)
    with new_engine(toolchain, stages, EngineOptions(iam=iam)) as session:
        engine = MlopsEngine(session, toolchain, stages)
        yield engine
        engine.destroy()
