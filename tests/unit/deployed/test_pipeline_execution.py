"""An execution, followed to its end against botocore's own checks of every request and response."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.pipeline_execution import (
    ExecutionState,
    StepState,
    execution_error,
    failed_step,
    follow_execution,
    start_execution,
)

ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/abcdef123456"
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def sagemaker() -> Any:
    return boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.fixture
def stubber(sagemaker: Any) -> Iterator[Stubber]:
    with Stubber(sagemaker) as made:
        yield made
        made.assert_no_pending_responses()


def step(name: str, status: str, seconds: float | None = None, **more: Any) -> dict[str, Any]:
    ended = {} if seconds is None else {"EndTime": BEGAN + timedelta(seconds=seconds)}
    return {"StepName": name, "StepStatus": status, "StartTime": BEGAN, **ended, **more}


def answer(stubber: Stubber, status: str, *pages: list[dict[str, Any]]) -> None:
    stubber.add_response(
        "describe_pipeline_execution", {"PipelineExecutionStatus": status}, {"PipelineExecutionArn": ARN}
    )
    for number, page in enumerate(pages):
        asked = {"PipelineExecutionArn": ARN, "SortOrder": "Ascending"}
        more = {} if number == len(pages) - 1 else {"NextToken": f"t{number + 1}"}
        token = {} if number == 0 else {"NextToken": f"t{number}"}
        stubber.add_response(
            "list_pipeline_execution_steps", {"PipelineExecutionSteps": page, **more}, {**asked, **token}
        )


def test_a_pipeline_is_started_by_name(sagemaker: Any, stubber: Stubber) -> None:
    stubber.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": ARN},
        {"PipelineName": "churn"},
    )
    assert start_execution(sagemaker, "churn") == ARN


def test_each_change_of_a_step_is_told_once(sagemaker: Any, stubber: Stubber) -> None:
    answer(stubber, "Executing", [])
    answer(stubber, "Executing", [step("Train", "Executing")])
    answer(stubber, "Executing", [step("Train", "Executing")])
    answer(stubber, "Succeeded", [step("Train", "Succeeded", 2.5)], [step("Register", "Succeeded", 0.1)])
    told: list[tuple[str, str, float | None]] = []
    waits: list[float] = []
    states: list[ExecutionState] = []
    end = follow_execution(
        sagemaker,
        ARN,
        on_state=states.append,
        on_step=lambda state: told.append((state.name, state.status, state.seconds)),
        sleep=waits.append,
    )
    assert told == [("Train", "Executing", None), ("Train", "Succeeded", 2.5), ("Register", "Succeeded", 0.1)]
    assert end.status == "Succeeded"
    assert (len(states), states[-1], len(waits)) == (4, end, 3)


def state(*steps: StepState, status: str = "Failed", reason: str | None = "Step failure") -> ExecutionState:
    return ExecutionState(arn=ARN, status=status, failure_reason=reason, steps=steps)


def test_a_refusing_quality_gate_is_told_in_its_own_words() -> None:
    gate = StepState(
        name="RefuseModel", status="Failed", metadata={"Fail": {"ErrorMessage": "accuracy is 0.7, below 0.9"}}
    )
    passed = StepState(name="Train", status="Succeeded", metadata={})
    assert str(execution_error(state(passed, gate))) == (
        "PipelineRefusedModel: step RefuseModel must not be reached, got 'accuracy is 0.7, below 0.9';"
        f" improve the model, or lower the threshold (at {ARN})"
    )


def test_a_failed_job_is_told_with_its_step_and_reason() -> None:
    job = StepState(name="Train", status="Failed", failure_reason="exit code 3", metadata={"TrainingJob": {}})
    assert str(execution_error(state(job))) == (
        f"PipelineExecutionFailed: step Train must succeed, got 'exit code 3'; read the step's log above (at {ARN})"
    )
    assert failed_step(state(job)) == job


def test_an_execution_that_was_stopped_is_told_by_its_status() -> None:
    assert str(execution_error(state(status="Stopped", reason=None))) == (
        f"PipelineExecutionFailed: pipeline execution must succeed, got 'Stopped'; start it again (at {ARN})"
    )
