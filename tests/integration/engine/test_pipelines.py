"""Pipeline executions of a running engine, through plain boto3."""

from __future__ import annotations

from typing import Any


def _ended(aws: Any, execution: str) -> dict[str, Any]:
    def described() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return None if found["PipelineExecutionStatus"] in ("Executing", "Stopping") else found

    ended: dict[str, Any] = aws.until(described)
    return ended


def test_an_execution_runs_its_jobs(aws: Any) -> None:
    pattern = {"detail-type": ["SageMaker Model Building Pipeline Execution Status Change"]}
    take = aws.events_of("executions", pattern)

    execution = aws.pipeline("speaks", aws.job("Speak", "print('said by the job')"))

    assert _ended(aws, execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = aws.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)[
        "PipelineExecutionSteps"
    ]
    assert [(step["StepName"], step["StepStatus"]) for step in steps] == [("Speak", "Succeeded")]
    assert "said by the job" in aws.log(execution, "Speak")
    statuses: list[str] = []
    aws.until(
        lambda: (
            statuses.extend(event["detail"]["currentPipelineExecutionStatus"] for event in take()),
            len(statuses) >= 2,
        )[1]
    )
    assert sorted(statuses) == ["Executing", "Succeeded"]


def test_a_failed_job_fails_its_execution_with_the_reason(aws: Any) -> None:
    execution = aws.pipeline("fails", aws.job("Break", "raise SystemExit('out of luck')"))

    ended = _ended(aws, execution)

    assert ended["PipelineExecutionStatus"] == "Failed"
    assert "Break" in ended["FailureReason"]
    assert "out of luck" in aws.log(execution, "Break")


def test_an_execution_can_be_stopped(aws: Any) -> None:
    execution = aws.pipeline(
        "sleeps", aws.job("Sleep", "import time; print('asleep', flush=True); time.sleep(600)")
    )
    aws.until(lambda: "asleep" in aws.log(execution, "Sleep"))

    aws.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken="t" * 32)

    assert _ended(aws, execution)["PipelineExecutionStatus"] == "Stopped"
