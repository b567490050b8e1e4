"""What runs on the engines that were left running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState, describe_endpoint
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, deployed_pipelines
from cdk_sagemaker_mlops.local.aws_clients import aws_client
from cdk_sagemaker_mlops.local.engine_session import user_cache
from cdk_sagemaker_mlops.local.session_store import Session, live_session, live_sessions


@dataclass(frozen=True, kw_only=True)
class PipelineStatus:
    """One pipeline of an app.

    Args:
        pipeline: What it is called.
        last_execution: Status of its last execution. Default: ``None``, there was none.
        endpoint: Its endpoint. Default: ``None``, there is none.
    """

    pipeline: DeployedPipeline
    last_execution: str | None = None
    endpoint: EndpointState | None = None

    def as_json(self) -> dict[str, Any]:
        """Gives the shape that ``cdk-mlops local status --json`` prints."""
        return {
            "name": self.pipeline.pipeline_name,
            "last_execution": self.last_execution,
            "endpoint": None if self.endpoint is None else self.endpoint.name,
            "endpoint_status": None if self.endpoint is None else self.endpoint.status,
            "model_package_arn": None if self.endpoint is None else self.endpoint.model_package_arn,
        }


@dataclass(frozen=True, kw_only=True)
class EngineStatus:
    """One engine.

    Args:
        session: Its record.
        pipelines: The pipelines deployed to it, by path.
        answers: Whether it answers.
    """

    session: Session
    pipelines: tuple[PipelineStatus, ...]
    answers: bool

    def as_json(self) -> dict[str, Any]:
        """Gives the shape that ``cdk-mlops local status --json`` prints."""
        return {
            "app": self.session.app,
            "endpoint_url": self.session.endpoint_url,
            "environment": self.session.client_environment,
            "stacks": list(self.session.stacks),
            "iam": self.session.iam,
            "started": self.session.started,
            "answers": self.answers,
            "pipelines": [pipeline.as_json() for pipeline in self.pipelines],
        }


def engine_statuses(app: Path | None = None) -> list[EngineStatus]:
    """Asks the engines that are running.

    Args:
        app: Folder of the app to ask for. Default: ``None``, every one.
    """
    cache = user_cache()
    sessions = live_sessions(cache) if app is None else (live_session(cache, app.resolve()),)
    return [_status(session) for session in sessions if session is not None]


def _status(session: Session) -> EngineStatus:
    try:
        return EngineStatus(session=session, pipelines=tuple(_pipelines(session)), answers=True)
    except (BotoCoreError, ClientError):
        return EngineStatus(session=session, pipelines=(), answers=False)


def _pipelines(session: Session) -> Iterator[PipelineStatus]:
    environment = session.client_environment
    stacks = [
        stack
        for region in session.regions
        for stack in aws_client("cloudformation", environment, region=region).describe_stacks()["Stacks"]
    ]
    for pipeline in deployed_pipelines(stacks):
        sagemaker = aws_client("sagemaker", environment, region=pipeline.region)
        executions = sagemaker.list_pipeline_executions(
            PipelineName=pipeline.pipeline_name, SortOrder="Descending", MaxResults=1
        )["PipelineExecutionSummaries"]
        yield PipelineStatus(
            pipeline=pipeline,
            last_execution=executions[0]["PipelineExecutionStatus"] if executions else None,
            endpoint=(
                None
                if pipeline.endpoint_name is None
                else describe_endpoint(sagemaker, pipeline.endpoint_name)
            ),
        )
