"""The shape that ``--json`` prints."""

from __future__ import annotations

from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState, StepState
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState
from cdk_sagemaker_mlops.local.run_report import RunningEngine, RunReport

RUNNING = RunningEngine(
    endpoint_url="http://127.0.0.1:4", environment={"AWS_REGION": "us-east-1"}, stacks=("Churn",)
)


def test_a_run_that_got_nowhere_has_every_key() -> None:
    assert RunReport().as_json() == {
        "pipeline_execution": None,
        "model_package": None,
        "endpoint": None,
        "prediction": None,
        "seconds": {},
    }


def test_everything_that_is_known_is_in_it() -> None:
    report = RunReport(
        execution=ExecutionState(
            arn="arn:e",
            status="Succeeded",
            steps=(StepState(name="Train", status="Succeeded", seconds=2.5, metadata={"TrainingJob": {}}),),
        ),
        model=RegisteredModel(
            arn="arn:p/1", version=1, approval_status="Approved", metrics={"rmse": {"value": 1.5}}
        ),
        endpoint=EndpointState(name="churn", status="InService", model_package_arn="arn:p/1"),
        prediction={"predictions": [1]},
        expected="1",
        seconds={"deploy": 2.0},
        running=RUNNING,
    )
    assert report.as_json() == {
        "pipeline_execution": {
            "arn": "arn:e",
            "status": "Succeeded",
            "steps": [{"name": "Train", "status": "Succeeded", "seconds": 2.5}],
        },
        "model_package": {
            "arn": "arn:p/1",
            "version": 1,
            "approval_status": "Approved",
            "metrics": {"rmse": {"value": 1.5}},
        },
        "endpoint": {"name": "churn", "status": "InService", "model_package_arn": "arn:p/1"},
        "prediction": {"predictions": [1]},
        "seconds": {"deploy": 2.0},
        "endpoint_url": "http://127.0.0.1:4",
        "environment": {"AWS_REGION": "us-east-1"},
        "stacks": ["Churn"],
    }
