"""Starting, watching, and reading the logs of executions. SageMaker and CloudWatch are kept in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.cli import operation as operations
from cdk_sagemaker_mlops.cli import steps as watching
from cdk_sagemaker_mlops.cli.logs import logs
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.start import start
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
PIPELINE_ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/churn"
ARN = f"{PIPELINE_ARN}/execution/abcdef123456"
PIPELINE = DeployedPipeline(
    path="Churn/Mlops",
    stack="Churn",
    region="us-east-1",
    pipeline_name="churn",
    model_package_group_name="churn",
)
DEFINITION = {"Parameters": [{"Name": "Rounds", "Type": "Integer", "DefaultValue": 5}]}


def step(name: str, status: str, **more: Any) -> dict[str, Any]:
    ended = {} if status == "Executing" else {"EndTime": BEGAN + timedelta(seconds=2)}
    return {"StepName": name, "StepStatus": status, "StartTime": BEGAN, "Metadata": {}, **ended, **more}


CLEANED = step("Clean", "Succeeded", CacheHitResult={"SourcePipelineExecutionArn": ARN})
JOB = {"TrainingJob": {"Arn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1"}}
FAILED = step("Train", "Failed", Metadata=JOB, FailureReason="exit code: 1")
REGISTERED = step("Register", "Succeeded", Metadata={"RegisterModel": {"Arn": "arn/churn/7"}})


class Sagemaker:
    """A pipeline whose execution is what the test says, one state a look."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.states: list[tuple[str, list[dict[str, Any]]]] = []

    def describe_pipeline(self, **_request: Any) -> dict[str, Any]:
        return {"PipelineDefinition": json.dumps(DEFINITION), "PipelineArn": PIPELINE_ARN}

    def start_pipeline_execution(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        return {"PipelineExecutionArn": ARN}

    def list_pipeline_executions(self, **_request: Any) -> dict[str, Any]:
        known = [{"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Failed", "StartTime": BEGAN}]
        return {"PipelineExecutionSummaries": known if self.states else []}

    def describe_pipeline_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:  # noqa: N803
        assert PipelineExecutionArn == ARN
        if self.states[0][0] == "Ctrl-C":
            raise KeyboardInterrupt
        return {"PipelineExecutionStatus": self.states[0][0]}

    def list_pipeline_execution_steps(self, **_request: Any) -> dict[str, Any]:
        _, steps = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"PipelineExecutionSteps": steps}


class Logs:
    """A log that arrives a few looks late, or may not be read."""

    def __init__(self) -> None:
        self.late = 0
        self.denied = False

    def describe_log_streams(self, **_request: Any) -> dict[str, Any]:
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeLogStreams")
        self.late -= 1
        return {"logStreams": [] if self.late >= 0 else [{"logStreamName": "job-1/algo-1"}]}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        lines = [f"line {number}" for number in range(100)]
        return {"events": [{"message": line} for line in lines[-request["limit"] :]]}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {"sagemaker": Sagemaker(), "logs": Logs()}
    account = Account(lambda service, _: made[service], region="us-east-1", endpoint_url="http://127.0.0.1:1")
    monkeypatch.setattr(operations, "reach", lambda where: account)
    monkeypatch.setattr(operations.Operation, "pipeline", PIPELINE)
    monkeypatch.setattr(operations, "_LOCAL_POLL_SECONDS", 0)
    monkeypatch.setattr(watching.time, "sleep", lambda seconds: None)
    return made


def run(*assignments: str, wait: bool = True, json: bool = False) -> int:
    return start(Where(), assignments=assignments, wait=wait, json=json, verbose=False)


def test_it_is_started_with_the_values_and_not_waited_for(clients, capsys) -> None:
    assert run("Rounds=7", wait=False) == 0
    assert clients["sagemaker"].started == [
        {"PipelineName": "churn", "PipelineParameters": [{"Name": "Rounds", "Value": "7"}]}
    ]
    assert capsys.readouterr().out.splitlines() == [
        f"Started {ARN}",
        "Follow it with: cdk-mlops status, cdk-mlops logs",
    ]


def test_fails_on_a_wrong_value_before_anything_is_started(clients, capsys) -> None:
    assert run("Rounds=many") == 2
    assert "-p Rounds must be of type Integer, got 'many'; choose from Rounds" in capsys.readouterr().err
    assert clients["sagemaker"].started == []


def test_waiting_shows_each_step_and_says_what_was_registered(clients, capsys) -> None:
    clients["sagemaker"].states = [("Executing", [CLEANED]), ("Succeeded", [CLEANED, REGISTERED])]
    assert run() == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        f"Succeeded {ARN}",
        "Registered version 7. Approve it with: cdk-mlops approve 7",
    ]
    assert "[pipeline]   Clean: Succeeded (cached) in 2.0 s\n" in captured.err
    assert "[pipeline]   Register: Succeeded in 2.0 s\n" in captured.err


def test_fails_with_the_tail_of_the_failed_step_s_log_even_if_it_comes_late(clients, capsys) -> None:
    clients["sagemaker"].states = [("Failed", [FAILED])]
    clients["logs"].late = 2
    assert run(json=True) == 1
    captured = capsys.readouterr()
    shown = captured.err.splitlines()
    first = shown.index("[pipeline] Log of step Train, its last 40 lines:")
    assert shown[first + 1 : first + 41] == [f"[pipeline] line {number}" for number in range(60, 100)]
    report = json.loads(captured.out)
    assert report["error"]["code"] == "PipelineExecutionFailed"
    assert report["pipeline_execution"]["steps"][0]["failure_reason"] == "exit code: 1"


def test_a_log_that_may_not_be_read_does_not_hide_the_failure(clients, capsys) -> None:
    clients["sagemaker"].states = [("Failed", [FAILED])]
    clients["logs"].denied = True
    assert run() == 1
    assert "The log of step Train cannot be read" in capsys.readouterr().err


def test_stopping_to_wait_leaves_the_execution(clients, capsys) -> None:
    clients["sagemaker"].states = [("Ctrl-C", [])]
    assert run() == 130
    said = "Interrupted: the execution goes on; cdk-mlops status shows it"
    assert capsys.readouterr().err.splitlines()[-1] == said


def show_logs(step_name: str | None = None, *, execution: str | None = None) -> int:
    return logs(Where(), step=step_name, execution=execution, lines=2, json=False, verbose=False)


@pytest.mark.parametrize("execution", [None, ARN, "abcdef123456"])
def test_logs_are_those_of_the_last_execution_or_a_named_one(clients, capsys, execution) -> None:
    clients["sagemaker"].states = [("Failed", [CLEANED, FAILED])]
    assert show_logs(execution=execution) == 0
    assert capsys.readouterr().out.splitlines() == ["==> Train <==", "line 98", "line 99"]


def test_fails_on_a_step_that_is_not_there_and_names_those_that_are(clients, capsys) -> None:
    clients["sagemaker"].states = [("Failed", [CLEANED, FAILED])]
    assert show_logs("Nope") == 2
    assert capsys.readouterr().err.endswith("got 'Nope'; choose from Clean, Train\n")


def test_fails_on_a_pipeline_that_was_never_started(clients, capsys) -> None:
    assert show_logs() == 1
    assert "NoExecution: pipeline churn must have been started" in capsys.readouterr().err
