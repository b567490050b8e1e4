"""What a person reads at the end of a run."""

from __future__ import annotations

from cdk_sagemaker_mlops.cli.summary import metric_text, running_text, summary
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.served_endpoint import EndpointState
from cdk_sagemaker_mlops.local.run_report import RunningEngine, RunReport


def test_a_whole_run_in_a_few_lines() -> None:
    metrics = {"accuracy": {"value": 0.95614, "standard_deviation": 0.01342}, "auc": {"value": 1}}
    report = RunReport(
        model=RegisteredModel(arn="arn:p/3", version=3, approval_status="Approved", metrics=metrics),
        endpoint=EndpointState(name="churn", status="InService"),
        prediction={"predictions": [{"label": 1}]},
        expected="1",
        seconds={"deploy": 7.04, "pipeline": 12.25},
    )
    assert summary(report).splitlines() == [
        "Model package  version 3, Approved",
        "    accuracy  0.9561 ± 0.013",
        "    auc       1",
        "Endpoint       churn, InService",
        'Prediction     {"predictions": [{"label": 1}]}',
        "True label     1",
        "Seconds        19.3: deploy 7.0, pipeline 12.2",
    ]


def test_a_run_that_failed_early_tells_what_it_has() -> None:
    assert summary(RunReport(seconds={"toolchain": 0.1})) == "Seconds        0.1: toolchain 0.1"


def test_an_unknown_label_is_said_to_be_unknown() -> None:
    report = RunReport(endpoint=EndpointState(name="churn", status="InService"), prediction="0")
    assert summary(report).splitlines()[1:3] == ["Prediction     0", "True label     not known"]


def test_the_variables_can_be_pasted_into_a_shell() -> None:
    running = RunningEngine(
        endpoint_url="http://127.0.0.1:4", environment={"B": "a b", "A": "1"}, stacks=("Churn", "Web")
    )
    assert running_text(running).splitlines() == [
        "Running at http://127.0.0.1:4 with Churn, Web. To point AWS clients at it:",
        "",
        "export A=1",
        "export B='a b'",
        "",
        "End it with: cdk-mlops local down",
    ]


def test_a_metric_without_a_deviation_is_a_number() -> None:
    assert metric_text({"value": 12.5}) == "12.5"
