from __future__ import annotations

import datetime
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local.execution import PipelineRun

MakeRun = Callable[..., PipelineRun]
Processing = Callable[..., dict[str, Any]]


def finish(run: PipelineRun, timeout: float = 30) -> PipelineRun:
    run.start()
    run.wait(timeout)
    return run


def gate(left: Any, if_steps: list[Any], else_steps: list[Any], **step: Any) -> dict[str, Any]:
    conditions = [
        {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": {"Get": "Parameters.Least"}}
    ]
    arguments = {"Conditions": conditions, "IfSteps": if_steps, "ElseSteps": else_steps}
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments, **step}


def fail(name: str, message: Any = "not good enough", **step: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **step}


def register(name: str = "Register") -> dict[str, Any]:
    return {"Name": name, "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "group"}}


def statuses(run: PipelineRun) -> dict[str, str]:
    return {step["StepName"]: step["StepStatus"] for step in run.steps()}


LEAST = [{"Name": "Least", "Type": "Float", "DefaultValue": 0.8}]
REPORT = {
    "Std:JsonGet": {
        "PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"},
        "Path": "metrics['f1'].value",
    }
}


def evaluate(processing: Processing, value: float = 0.9) -> dict[str, Any]:
    script = (
        "import json, pathlib\n"
        "folder = pathlib.Path('/opt/ml/processing/output/report')\n"
        f"(folder / 'report.json').write_text(json.dumps({{'metrics': {{'f1': {{'value': {value}}}}}}}))"
    )
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}]
    return processing("Evaluate", script, outputs={"report": "s3://b/report"}, PropertyFiles=files)


@pytest.mark.parametrize(
    ("least", "status", "expected"),
    [
        ("0.9", "Succeeded", {"Evaluate": "Succeeded", "Gate": "Succeeded", "Register": "Succeeded"}),
        ("0.91", "Failed", {"Evaluate": "Succeeded", "Gate": "Succeeded", "Reject": "Failed"}),
    ],
)
def test_takes_the_branch_that_a_property_file_decides(
    make_run: MakeRun, processing: Processing, least: str, status: str, expected: dict[str, str]
) -> None:
    message = {"Std:Join": {"On": "", "Values": ["f1 is ", REPORT, ", not ", {"Get": "Parameters.Least"}]}}
    steps = [evaluate(processing), gate(REPORT, [register()], [fail("Reject", message)])]
    run = finish(make_run(steps, {"Least": least}, declared=LEAST))
    assert run.status == status
    assert statuses(run) == expected
    if status == "Failed":
        assert run.failure_reason == (
            "Step failure: One or multiple steps failed. Reject: f1 is 0.9, not 0.91"
        )
        assert run.steps()[-1]["Metadata"] == {"Fail": {"ErrorMessage": "f1 is 0.9, not 0.91"}}
    else:
        assert run.failure_reason is None
    assert run.steps()[1]["Metadata"] == {"Condition": {"Outcome": str(status == "Succeeded")}}


def test_steps_have_botocores_shape(make_run: MakeRun, processing: Processing) -> None:
    steps = [
        evaluate(processing),
        gate(REPORT, [register()], []),
        processing("Broken", "raise SystemExit(3)", DependsOn=["Register"], DisplayName="Shown"),
    ]
    run = finish(make_run(steps, declared=LEAST))
    shape = get_session().get_service_model("sagemaker").shape_for("ListPipelineExecutionStepsResponse")
    assert not ParamValidator().validate({"PipelineExecutionSteps": run.steps()}, shape).has_errors()
    known = shape.members["PipelineExecutionSteps"].member.members
    for step in run.steps():
        assert set(step) <= set(known)
        assert step["StartTime"] <= step["EndTime"] <= datetime.datetime.now(datetime.UTC)
    broken = run.steps()[-1]
    assert broken["StepDisplayName"] == "Shown"
    assert broken["FailureReason"] == "AlgorithmError: exit code: 3"
    assert re.fullmatch(
        r"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/pipelines-abcdefghijkl-broken-[a-z0-9]{10}",
        broken["Metadata"]["ProcessingJob"]["Arn"],
    )


def test_runs_two_steps_at_once_and_the_third_after(make_run: MakeRun, processing: Processing) -> None:
    steps = [processing(name, "import time; time.sleep(0.4)") for name in ("A", "B", "C")]
    run = finish(make_run(steps))
    a, b, c = run.steps()
    assert b["StartTime"] < a["EndTime"]
    assert c["StartTime"] >= min(a["EndTime"], b["EndTime"])


def test_runs_one_step_at_a_time_when_asked(make_run: MakeRun, processing: Processing) -> None:
    steps = [processing(name, "pass") for name in ("A", "B")]
    a, b = finish(make_run(steps, max_parallel_steps=1)).steps()
    assert b["StartTime"] >= a["EndTime"]


def test_a_failure_starts_no_other_step_but_lets_the_running_end(
    make_run: MakeRun, processing: Processing
) -> None:
    steps = [
        processing("Slow", "import time; time.sleep(0.8)"),
        processing("Broken", "print('why'); raise SystemExit(1)"),
        processing("Never", "pass", DependsOn=["Slow"]),
    ]
    run = finish(make_run(steps))
    assert run.status == "Failed"
    assert statuses(run) == {"Slow": "Succeeded", "Broken": "Failed"}
    assert run.failure_reason == (
        "Step failure: One or multiple steps failed. Broken: AlgorithmError: exit code: 1; last lines "
        "of its log:\nwhy"
    )
    assert run.logs("Broken") == "why"
    assert run.logs("Never") == ""


def test_results_reach_the_steps_that_refer_to_them(make_run: MakeRun, storage: Any) -> None:
    reference = {"Get": "Steps.First.ModelPackageArn"}
    steps = [
        {**register("Second"), "Arguments": {"ModelPackageDescription": reference}},
        register("First"),
    ]
    run = make_run(steps)
    finish(run)
    assert run.status == "Succeeded"
    assert [step["StepName"] for step in run.steps()] == ["First", "Second"]


def test_execution_variables_are_known(make_run: MakeRun, registry: Any) -> None:
    names = ("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn", "StartDateTime")
    arguments = {"CustomerMetadataProperties": {name: {"Get": f"Execution.{name}"} for name in names}}
    finish(make_run([{**register(), "Arguments": arguments}]))
    known = registry.calls[0][1]["CustomerMetadataProperties"]
    assert known["PipelineName"] == "churn"
    assert known["PipelineExecutionId"] == "abcdefghijkl"
    assert known["PipelineExecutionArn"] == known["PipelineArn"] + "/execution/abcdefghijkl"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", known["StartDateTime"])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (
            {"Name": "Tune", "Type": "Tuning", "Arguments": {}},
            "ClientError: steps of type 'Tuning' are not emulated locally; use one of Condition, Fail, "
            "Model, Processing, RegisterModel, Training, or run this pipeline on AWS",
        ),
        (
            {"Name": "Train", "Type": "Training", "Arguments": {"InputDataConfig": []}},
            "ClientError: the arguments of step 'Train' must have 'AlgorithmSpecification'; add it",
        ),
        (
            {"Name": "Gate", "Type": "Condition", "Arguments": {"Conditions": [{"Type": "Equals"}]}},
            "ClientError: the arguments of step 'Gate' must have 'LeftValue'; add it",
        ),
        (
            {**register(), "Arguments": {"ModelPackageGroupName": {"Get": "Parameters.Group"}}},
            "ClientError: 'Parameters.Group' cannot be resolved: 'Group' is no parameter of this "
            "pipeline (none)",
        ),
    ],
    ids=["type", "arguments", "condition", "parameter"],
)
def test_fails_when_a_step_cannot_run(make_run: MakeRun, step: dict[str, Any], reason: str) -> None:
    run = finish(make_run([step]))
    assert run.status == "Failed"
    assert run.steps()[0]["FailureReason"] == reason


def test_fails_when_a_step_reads_from_a_skipped_one(make_run: MakeRun) -> None:
    reads = {
        **register("Reads"),
        "Arguments": {"ModelPackageName": {"Get": "Steps.Register.ModelPackageArn"}},
    }
    run = finish(make_run([gate(0.1, [register()], []), reads], declared=LEAST))
    assert statuses(run) == {"Gate": "Succeeded", "Reads": "Failed"}
    assert run.steps()[1]["FailureReason"] == (
        "ClientError: 'Steps.Register.ModelPackageArn' cannot be resolved: step 'Register' did not run "
        "in this execution"
    )


def test_skips_what_depends_on_a_skipped_step(make_run: MakeRun) -> None:
    run = finish(
        make_run([gate(0.1, [register()], []), fail("After", DependsOn=["Register"])], declared=LEAST)
    )
    assert run.status == "Succeeded"
    assert statuses(run) == {"Gate": "Succeeded"}


def test_fails_when_the_registry_raises_anything(make_run: MakeRun, registry: Any) -> None:
    registry.refusal = ZeroDivisionError("oops")
    assert "oops" in str(finish(make_run([register()])).failure_reason)


def test_a_fault_of_the_storage_fails_the_step(
    make_run: MakeRun, processing: Processing, storage: Any
) -> None:
    def broken(uri: str) -> list[str]:
        raise ConnectionError("storage is gone")

    storage.list = broken
    step = processing("A", "pass")
    step["Arguments"]["ProcessingInputs"] = [
        {"InputName": "in", "S3Input": {"S3Uri": "s3://b/in", "LocalPath": "/opt/ml/processing/in"}}
    ]
    run = finish(make_run([step]))
    assert run.status == "Failed"
    assert run.steps()[0]["FailureReason"] == "InternalServerError: ConnectionError('storage is gone')"


def test_stopping_ends_running_jobs(make_run: MakeRun, processing: Processing, tmp_path: Path) -> None:
    steps = [
        processing("A", "import time; print('on', flush=True); time.sleep(60)"),
        processing("B", "pass", DependsOn=["A"]),
    ]
    run = make_run(steps)
    run.start()
    deadline = time.monotonic() + 10
    while run.logs("A") != "on":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert run.status == "Executing"
    started = time.monotonic()
    run.stop()
    assert run.status in ("Stopping", "Stopped")
    run.wait(10)
    assert time.monotonic() - started < 5
    assert run.status == "Stopped"
    assert statuses(run) == {"A": "Stopped"}
    assert run.failure_reason is None
    run.stop()
    assert run.status == "Stopped"


def test_stopping_before_a_job_has_started_runs_nothing(
    make_run: MakeRun, processing: Processing, storage: Any, tmp_path: Path
) -> None:
    """The execution is stopped while the job's input is fetched."""
    fetching, go_on = threading.Event(), threading.Event()
    plain = storage.download

    def slow(uri: str, path: Path) -> None:
        fetching.set()
        go_on.wait(10)
        plain(uri, path)

    storage.write("s3://b/in", "x")
    storage.download = slow
    step = processing("A", "print('ran')")
    step["Arguments"]["ProcessingInputs"] = [
        {"InputName": "in", "S3Input": {"S3Uri": "s3://b/in", "LocalPath": "/opt/ml/processing/in"}}
    ]
    run = make_run([step])
    run.start()
    assert fetching.wait(10)
    run.stop()
    assert run.status == "Stopping"
    go_on.set()
    run.wait(10)
    assert run.status == "Stopped"
    assert run.logs("A") == ""


def test_tells_of_every_change(make_run: MakeRun, processing: Processing) -> None:
    seen: list[tuple[str, dict[str, str]]] = []
    run = make_run([processing("A", "pass")], on_change=lambda: seen.append((run.status, statuses(run))))
    finish(run)
    time.sleep(0.1)
    assert ("Executing", {"A": "Executing"}) in seen
    assert seen[-1] == ("Succeeded", {"A": "Succeeded"})


def test_the_same_pipeline_twice_at_once(make_run: MakeRun, processing: Processing, tmp_path: Path) -> None:
    """Jobs of two executions see different files at the same /opt/ml."""
    script = (
        "import pathlib, time\nplace = pathlib.Path('/opt/ml/processing/output/o/x')\n"
        "place.write_text('{}')\ntime.sleep(0.5)\nassert place.read_text() == '{}'"
    )
    steps = [processing(n, script.format(n, n), outputs={"o": f"s3://b/{n}"}) for n in ("A", "B")]
    assert finish(make_run(steps)).status == "Succeeded"


def test_fails_at_once_when_a_parameter_is_wrong(make_run: MakeRun) -> None:
    with pytest.raises(ValidationError, match="UnknownParameter"):
        make_run([fail("A")], {"No": "1"})
    with pytest.raises(ValidationError, match="CircularDependency"):
        make_run([fail("A", DependsOn=["A"])])


def test_fails_to_start_twice(make_run: MakeRun) -> None:
    run = finish(make_run([register()]))
    with pytest.raises(RuntimeError, match="started before"):
        run.start()


def test_fails_to_read_the_log_of_an_unknown_step(make_run: MakeRun) -> None:
    with pytest.raises(KeyError):
        make_run([register()]).logs("No")


def test_names_jobs_as_sagemaker_does_within_its_limit(make_run: MakeRun, registry: Any) -> None:
    step = {"Name": "A_very-long_step-name-that-goes-on-and-on-and-on", "Type": "Model", "Arguments": {}}
    finish(make_run([step]))
    name = registry.calls[0][1]["ModelName"]
    assert re.fullmatch(r"pipelines-abcdefghijkl-A-very-long-step-name-that[a-z-]*-[A-Za-z0-9]{10}", name)
    assert len(name) <= 63
