"""Where the log of a step is, and its end."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.pipeline_execution import StepState
from cdk_sagemaker_mlops.deployed.step_logs import LogSource, StepLog, log_source, step_log

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
TRAINING = {"TrainingJob": {"Arn": f"{ARN}:training-job/job-1"}}
SOURCE = LogSource(group="/aws/sagemaker/TrainingJobs", prefix="job-1/")


@pytest.mark.parametrize(
    ("metadata", "group", "prefix"),
    [
        ({"ProcessingJob": {"Arn": f"{ARN}:processing-job/p"}}, "/aws/sagemaker/ProcessingJobs", "p/"),
        (TRAINING, "/aws/sagemaker/TrainingJobs", "job-1/"),
        ({"TransformJob": {"Arn": f"{ARN}:transform-job/t"}}, "/aws/sagemaker/TransformJobs", "t/"),
        ({"TuningJob": {"Arn": f"{ARN}:hyper-parameter-tuning-job/h"}}, "/aws/sagemaker/TrainingJobs", "h"),
        ({"ClarifyCheck": {"CheckJobArn": f"{ARN}:processing-job/c"}}, "/aws/sagemaker/ProcessingJobs", "c/"),
        ({"Lambda": {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:f"}}, "/aws/lambda/f", ""),
    ],
)
def test_each_kind_of_step_has_its_log_group(metadata: dict[str, Any], group: str, prefix: str) -> None:
    assert log_source(metadata) == LogSource(group=group, prefix=prefix)


@pytest.mark.parametrize("metadata", [{}, {"Condition": {"Outcome": "True"}}, {"TrainingJob": {}}])
def test_a_step_without_a_job_has_no_log(metadata: dict[str, Any]) -> None:
    assert log_source(metadata) is None


@pytest.fixture
def logs() -> Any:
    return boto3.client("logs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def step(metadata: dict[str, Any]) -> StepState:
    return StepState(name="Train", status="Failed", metadata=metadata)


def answers(stubber: Stubber, stream: str, *lines: str) -> None:
    events = [{"timestamp": 1, "message": line, "ingestionTime": 1} for line in lines]
    stubber.add_response(
        "get_log_events",
        {"events": events},
        {"logGroupName": SOURCE.group, "logStreamName": stream, "limit": 5, "startFromHead": False},
    )


def streams(stubber: Stubber, *names: str) -> None:
    stubber.add_response(
        "describe_log_streams",
        {"logStreams": [{"logStreamName": name} for name in names]},
        {"logGroupName": SOURCE.group, "logStreamNamePrefix": "job-1/", "limit": 20},
    )


def test_the_end_of_a_job_s_stream_is_read(logs: Any) -> None:
    with Stubber(logs) as stubber:
        streams(stubber, "job-1/algo-1")
        answers(stubber, "job-1/algo-1", "one\n", "two")
        assert step_log(logs, step(TRAINING), lines=5) == StepLog(
            step="Train", source=SOURCE, lines=("one", "two")
        )


def test_the_streams_of_several_instances_are_told_apart(logs: Any) -> None:
    with Stubber(logs) as stubber:
        streams(stubber, "job-1/algo-1", "job-1/algo-2")
        answers(stubber, "job-1/algo-1", "one")
        answers(stubber, "job-1/algo-2", "two")
        assert step_log(logs, step(TRAINING), lines=5).lines == (
            "==> job-1/algo-1 <==",
            "one",
            "==> job-1/algo-2 <==",
            "two",
        )


def test_a_log_group_that_does_not_exist_yet_is_no_error(logs: Any) -> None:
    with Stubber(logs) as stubber:
        stubber.add_client_error("describe_log_streams", "ResourceNotFoundException")
        assert step_log(logs, step(TRAINING), lines=5) == StepLog(step="Train", source=SOURCE)
    assert step_log(logs, step({}), lines=5) == StepLog(step="Train")
