"""Logs of jobs, in the streams where SageMaker puts them."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.job_logs import JobLogs
from cdk_sagemaker_mlops.local.engine.scope import Scope

SCOPE = Scope("000000000000", "eu-west-1")
ARN = "arn:aws:sagemaker:eu-west-1:000000000000"


def step(name: str, *, ended: bool = True, **metadata: Any) -> dict[str, Any]:
    return {"StepName": name, "Metadata": metadata, **({"EndTime": 1} if ended else {})}


def test_the_log_of_an_ended_job_is_written_once() -> None:
    written: list[Any] = []
    logs = JobLogs(lambda *log: written.append(log))
    training = {"TrainingJob": {"Arn": f"{ARN}:training-job/pipelines-ab-Train"}}
    logs.publish(SCOPE, [step("Train", ended=False, **training)], lambda name: "half")
    assert written == []
    logs.publish(
        SCOPE, [step("Train", **training), step("Gate", Condition={})], lambda name: f"log of {name}"
    )
    logs.publish(SCOPE, [step("Train", **training)], lambda name: "again")
    assert written == [
        (SCOPE, "/aws/sagemaker/TrainingJobs", "pipelines-ab-Train/algo-1", "log of Train"),
    ]


def test_a_job_that_printed_nothing_has_no_stream() -> None:
    written: list[Any] = []
    processing = {"ProcessingJob": {"Arn": f"{ARN}:processing-job/pipelines-ab-Clean"}}
    JobLogs(lambda *log: written.append(log)).publish(SCOPE, [step("Clean", **processing)], lambda name: "")
    assert written == []
