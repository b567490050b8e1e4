"""Reads a pipeline and its executions from AWS, to draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph, pipeline_graph
from cdk_sagemaker_mlops.cli.graph.states import Execution, StepRun
from cdk_sagemaker_mlops.deployed.pipeline_execution import describe_execution
from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError

LATEST = "latest"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What there is to draw.

    Args:
        graph: The pipeline.
        execution: The execution to show. Default: ``None``.
    """

    graph: PipelineGraph
    execution: Execution | None = None


def read_pipeline(sagemaker: Any, name: str, execution: str | None) -> Drawn:
    """Reads a pipeline, or one as an execution of it ran it.

    Args:
        sagemaker: A SageMaker client.
        name: Name of the pipeline.
        execution: ARN of an execution, its last part, or ``latest``. ``None`` shows none.

    Raises:
        OperationError: The pipeline has not been started, or its definition cannot be read.
        ValidationError: It has no such execution.
    """
    if execution is None:
        document = sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"]
        return Drawn(graph=pipeline_graph(name, document))
    arn = _latest(sagemaker, name) if execution == LATEST else _arn(sagemaker, name, execution)
    try:
        state = describe_execution(sagemaker, arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFound", "ValidationException"):
            raise
        raise ValidationError(
            Problem(
                code="NoSuchExecution",
                parameter="--execution",
                rule=f"be an execution of pipeline {name}",
                value=execution,
                fix="give its ARN, the last part of that, or 'latest'",
            )
        ) from error
    # The pipeline may have changed since.
    ran = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    runs = {
        step.name: StepRun(status=step.status, seconds=step.seconds, cached=step.cached)
        for step in state.steps
    }
    return Drawn(
        graph=pipeline_graph(name, ran["PipelineDefinition"], _given(sagemaker, arn)),
        execution=Execution(arn=arn, status=state.status, runs=runs),
    )


def _latest(sagemaker: Any, name: str) -> str:
    page = sagemaker.list_pipeline_executions(
        PipelineName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )
    found = page["PipelineExecutionSummaries"]
    if not found:
        raise OperationError(
            Problem(
                code="NoExecution",
                parameter="--execution",
                rule="be of a pipeline that has been started",
                value=name,
                fix="start it with cdk-mlops start",
            )
        )
    return str(found[0]["PipelineExecutionArn"])


def _arn(sagemaker: Any, name: str, execution: str) -> str:
    if execution.startswith("arn:"):
        return execution
    return f"{sagemaker.describe_pipeline(PipelineName=name)['PipelineArn']}/execution/{execution}"


def _given(sagemaker: Any, arn: str) -> dict[str, str]:
    given: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        page = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn, **token)
        given |= {item["Name"]: item["Value"] for item in page.get("PipelineParameters", [])}
        if not page.get("NextToken"):
            return given
        token = {"NextToken": page["NextToken"]}
