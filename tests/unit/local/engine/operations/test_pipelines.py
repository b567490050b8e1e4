"""Pipelines and their executions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/churn"
ROLE = "arn:aws:iam::000000000000:role/pipeline"
DEFINITION = json.dumps({"Version": "2020-12-01", "Steps": []})
TOKEN = "t" * 32


@pytest.fixture
def pipelines(bench: Any) -> Any:
    bench.call(
        "CreatePipeline",
        PipelineName="Churn",
        ClientRequestToken=TOKEN,
        RoleArn=ROLE,
        PipelineDefinition=DEFINITION,
    )
    return bench


def _start(bench: Any, token: str = TOKEN, **params: Any) -> str:
    started = bench.call("StartPipelineExecution", PipelineName="Churn", ClientRequestToken=token, **params)
    return str(started["PipelineExecutionArn"])


def _status(bench: Any, arn: str) -> str:
    return str(bench.call("DescribePipelineExecution", PipelineExecutionArn=arn)["PipelineExecutionStatus"])


def test_a_pipeline_is_found_by_name_and_by_arn(pipelines: Any) -> None:
    described = pipelines.call("DescribePipeline", PipelineName="Churn")

    assert described["PipelineArn"] == ARN
    assert described["PipelineDefinition"] == DEFINITION
    assert described == pipelines.call("DescribePipeline", PipelineName=ARN)


def test_a_definition_is_read_from_s3(bench: Any) -> None:
    bench.storage.objects["s3://bucket/definition.json"] = DEFINITION.encode()

    bench.call(
        "CreatePipeline",
        PipelineName="p",
        ClientRequestToken=TOKEN,
        RoleArn=ROLE,
        PipelineDefinitionS3Location={"Bucket": "bucket", "ObjectKey": "definition.json"},
    )

    assert bench.call("DescribePipeline", PipelineName="p")["PipelineDefinition"] == DEFINITION


def test_an_update_changes_what_it_names(pipelines: Any) -> None:
    pipelines.call("UpdatePipeline", PipelineName="Churn", PipelineDescription="new")

    described = pipelines.call("DescribePipeline", PipelineName="Churn")
    assert (described["PipelineDescription"], described["PipelineDefinition"]) == ("new", DEFINITION)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "One of PipelineDefinition and PipelineDefinitionS3Location must be provided."),
        (
            {"PipelineDefinition": "[]"},
            "Unable to parse pipeline definition. It must be an object with a list of Steps.",
        ),
        (
            {"PipelineDefinition": "{", "PipelineName": "q"},
            "Unable to parse pipeline definition. "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (
            {"PipelineDefinition": DEFINITION, "PipelineName": "Churn"},
            "Pipeline names must be unique within an AWS account and region. "
            "Pipeline with name (Churn) already exists.",
        ),
    ],
)
def test_fails_to_create_a_pipeline(pipelines: Any, params: dict[str, Any], text: str) -> None:
    params = {"PipelineName": "p", "ClientRequestToken": TOKEN, "RoleArn": ROLE, **params}

    assert pipelines.refusal("CreatePipeline", **params) == f"ValidationException: {text}"


def test_fails_to_find_a_pipeline(bench: Any) -> None:
    assert bench.refusal("DescribePipeline", PipelineName="Churn") == (
        f"ResourceNotFound: Pipeline '{ARN}' does not exist."
    )


def test_an_execution_gets_the_definition_the_parameters_and_the_scope(pipelines: Any) -> None:
    arn = _start(pipelines, PipelineParameters=[{"Name": "Rounds", "Value": "3"}])

    given = pipelines.runs[0].arguments
    assert pipelines.runs[0].begun
    assert given["definition"] == json.loads(DEFINITION)
    assert given["parameters"] == {"Rounds": "3"}
    assert (given["pipeline_name"], given["pipeline_arn"], given["role_arn"]) == ("Churn", ARN, ROLE)
    assert (given["execution_arn"], given["region"], given["account"]) == (arn, "eu-west-1", "000000000000")
    assert given["workdir"].name == arn.rsplit("/", 1)[1]
    assert pipelines.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn) == {
        "PipelineParameters": [{"Name": "Rounds", "Value": "3"}]
    }


def test_a_run_reaches_the_control_plane_in_its_own_scope(pipelines: Any) -> None:
    _start(pipelines)

    pipelines.runs[0].arguments["registry"].call(
        "CreateModelPackageGroup", {"ModelPackageGroupName": "churn"}
    )

    groups = pipelines.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["churn"]


def test_an_execution_s_end_is_described_and_sent(pipelines: Any) -> None:
    arn = _start(pipelines)

    pipelines.runs[0].become("Failed", "Step failure: Train")
    pipelines.run_background()

    described = pipelines.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert (described["PipelineExecutionStatus"], described["FailureReason"]) == (
        "Failed",
        "Step failure: Train",
    )
    summary = pipelines.call("ListPipelineExecutions", PipelineName="Churn")["PipelineExecutionSummaries"][0]
    assert summary["PipelineExecutionFailureReason"] == "Step failure: Train"
    assert pipelines.statuses("currentPipelineExecutionStatus") == ["Executing", "Failed"]
    assert pipelines.statuses("previousPipelineExecutionStatus") == ["Executing"]


def test_a_change_of_a_step_is_not_a_change_of_the_execution(pipelines: Any) -> None:
    _start(pipelines)

    pipelines.runs[0].become("Executing")
    pipelines.run_background()

    assert pipelines.statuses("currentPipelineExecutionStatus") == ["Executing"]


def test_a_late_look_does_not_bring_an_ended_execution_back(pipelines: Any) -> None:
    arn = _start(pipelines)
    run = pipelines.runs[0]
    run.become("Succeeded")
    pipelines.run_background()

    run.become("Executing")
    pipelines.run_background()

    assert _status(pipelines, arn) == "Succeeded"


def test_stopping_goes_through_stopping(pipelines: Any) -> None:
    arn = _start(pipelines)

    pipelines.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=TOKEN)
    pipelines.run_background()
    assert _status(pipelines, arn) == "Stopping"
    pipelines.runs[0].become("Stopped")
    pipelines.run_background()

    assert _status(pipelines, arn) == "Stopped"
    assert pipelines.refusal("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=TOKEN) == (
        f"ValidationException: Pipeline execution with ARN {arn} cannot be stopped: its status is Stopped."
    )


def test_the_same_client_token_starts_one_execution(pipelines: Any) -> None:
    assert _start(pipelines) == _start(pipelines)
    assert _start(pipelines) != _start(pipelines, "u" * 32)
    assert len(pipelines.runs) == 2


def test_steps_are_the_run_s_own(pipelines: Any) -> None:
    arn = _start(pipelines)

    steps = pipelines.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)["PipelineExecutionSteps"]

    assert [(step["StepName"], step["StepStatus"]) for step in steps] == [("Train", "Executing")]


def test_an_execution_keeps_the_definition_it_began_with(pipelines: Any) -> None:
    arn = _start(pipelines)
    newer = json.dumps({"Version": "2020-12-01", "Steps": [], "Metadata": {}})

    pipelines.call("UpdatePipeline", PipelineName="Churn", PipelineDefinition=newer)

    kept = pipelines.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert kept["PipelineDefinition"] == DEFINITION


def test_fails_to_start_with_a_wrong_parameter(pipelines: Any) -> None:
    unknown = [{"Name": "Unknown", "Value": "1"}]

    refusal = pipelines.refusal(
        "StartPipelineExecution",
        PipelineName="Churn",
        ClientRequestToken=TOKEN,
        PipelineParameters=unknown,
    )

    assert refusal == "ValidationException: parameters must be of the definition, got 'Unknown'"
    assert pipelines.call("ListPipelineExecutions", PipelineName="Churn")["PipelineExecutionSummaries"] == []
    assert pipelines.events == []


def test_fails_to_select_steps(pipelines: Any) -> None:
    refusal = pipelines.refusal(
        "StartPipelineExecution",
        PipelineName="Churn",
        ClientRequestToken=TOKEN,
        SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Train"}]},
    )

    assert refusal == "ValidationException: Selective execution and pipeline versions are not emulated."


def test_fails_to_find_an_execution(pipelines: Any) -> None:
    arn = f"{ARN}/execution/abcdefghijkl"

    assert pipelines.refusal("DescribePipelineExecution", PipelineExecutionArn=arn) == (
        f"ResourceNotFound: Pipeline execution with ARN {arn} does not exist."
    )


def test_fails_to_delete_a_pipeline_that_runs(pipelines: Any) -> None:
    _start(pipelines)

    assert pipelines.refusal("DeletePipeline", PipelineName="Churn", ClientRequestToken=TOKEN) == (
        f"ConflictException: Pipeline {ARN} cannot be deleted while 1 of its executions run."
    )
    pipelines.runs[0].become("Succeeded")
    pipelines.run_background()
    pipelines.call("DeletePipeline", PipelineName="Churn", ClientRequestToken=TOKEN)
    assert pipelines.call("ListPipelines") == {"PipelineSummaries": []}


def test_closing_ends_what_runs(pipelines: Any) -> None:
    _start(pipelines)
    plane: ControlPlane = pipelines.plane

    plane.services.executions.close(1)

    assert pipelines.runs[0].status == "Stopped"


def test_a_step_s_log_is_found_by_the_execution_s_id(pipelines: Any) -> None:
    identifier = _start(pipelines).rsplit("/", 1)[1]
    executions = pipelines.plane.services.executions

    assert executions.log(identifier, "Train") == "log of Train"
    assert executions.log(identifier, "Other") is None
    assert executions.log("none", "Train") is None


@pytest.mark.parametrize(
    ("of_pipeline", "of_start", "expected"), [(None, None, None), (3, None, 3), (3, 5, 5), (None, 1, 1)]
)
def test_parallelism_is_the_execution_s_or_the_pipeline_s(
    bench: Any, of_pipeline: int | None, of_start: int | None, expected: int | None
) -> None:
    def configuration(steps: int | None) -> dict[str, Any]:
        return {} if steps is None else {"ParallelismConfiguration": {"MaxParallelExecutionSteps": steps}}

    bench.call(
        "CreatePipeline",
        PipelineName="Churn",
        PipelineDefinition=DEFINITION,
        RoleArn="arn:aws:iam::000000000000:role/any",
        ClientRequestToken=TOKEN,
        **configuration(of_pipeline),
    )
    started = bench.call(
        "StartPipelineExecution", PipelineName="Churn", ClientRequestToken=TOKEN, **configuration(of_start)
    )

    assert bench.runs[0].arguments["max_parallel_steps"] == expected
    described = bench.call("DescribePipelineExecution", **started)
    assert ("ParallelismConfiguration" in described) == (expected is not None)
    assert described.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps") == expected
