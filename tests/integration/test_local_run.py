"""The whole loop, driven as a user drives it: the console script, the real CDK CLI, the real engine, real jobs."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import boto3
import pytest
from bare_app import bucket, job, pipeline, write_bare_app

FAIL = {
    "Name": "RefuseModel",
    "Type": "Fail",
    "Arguments": {"ErrorMessage": "accuracy is 0.7, below 0.9"},
}


def write_app(folder: Path, code: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    (folder / "app.py").write_text(code)
    return folder


@pytest.fixture(scope="module")
def whole_run(cdk_mlops, quickstart):
    ended = cdk_mlops("run", quickstart, "--json")
    assert ended.exit_code == 0, ended.err
    return ended


def test_every_step_of_the_pipeline_runs(whole_run) -> None:
    execution = whole_run.report["pipeline_execution"]
    assert execution["arn"].startswith("arn:aws:sagemaker:us-east-1:000000000000:pipeline/")
    assert execution["status"] == "Succeeded"
    names = [step["name"] for step in execution["steps"]]
    assert names == ["Preprocess", "Train", "Evaluate", "QualityGate", "RegisterModel"]
    assert {step["status"] for step in execution["steps"]} == {"Succeeded"}
    assert all(0 < step["seconds"] < 60 for step in execution["steps"] if step["name"] in names[:3])


def test_a_model_is_registered_with_metrics_and_approved(whole_run) -> None:
    model = whole_run.report["model_package"]
    assert model["arn"].endswith(f"/{model['version']}")
    assert (model["version"], model["approval_status"]) == (1, "Approved")
    accuracy = model["metrics"]["accuracy"]
    # Real data, a real model: near 0.98, and never exactly right.
    assert 0.9 < accuracy["value"] < 1
    assert 0 < accuracy["standard_deviation"] < 0.1


def test_the_endpoint_serves_that_model(whole_run) -> None:
    endpoint = whole_run.report["endpoint"]
    assert endpoint["name"].startswith("quickstart-")
    assert endpoint["status"] == "InService"
    assert endpoint["model_package_arn"] == whole_run.report["model_package"]["arn"]


def test_the_prediction_is_the_true_label(whole_run, quickstart) -> None:
    prediction = whole_run.report["prediction"]["predictions"][0]
    assert str(prediction["label"]) == (quickstart / "payload.expected").read_text().strip()
    assert 0.5 < prediction["probability"] <= 1


def test_every_stage_tells_its_seconds_in_the_order_it_ran(whole_run) -> None:
    stages = [
        "toolchain",
        "engine",
        "synth",
        "bootstrap",
        "deploy",
        "pipeline",
        "approve",
        "endpoint",
        "invoke",
        "destroy",
        "stop",
    ]
    assert list(whole_run.report["seconds"]) == stages
    assert sum(whole_run.report["seconds"].values()) == pytest.approx(whole_run.seconds, abs=8)


def test_the_report_holds_nothing_else(whole_run) -> None:
    assert list(whole_run.report) == [
        "pipeline_execution",
        "model_package",
        "endpoint",
        "prediction",
        "seconds",
    ]


def test_progress_goes_to_standard_error(whole_run) -> None:
    for line in (
        "[synth] Synthesise quickstart",
        "[deploy] Deploy Quickstart (cdk deploy)",
        "[pipeline]   Train: Succeeded in ",
        "is PendingManualApproval.",
        "[stop] done in ",
    ):
        assert line in whole_run.err


def test_no_process_and_no_file_is_left(whole_run, cdk_mlops, quickstart) -> None:
    assert cdk_mlops.left_behind() == []
    # The app's folder is the user's: nothing is written into it.
    assert sorted(entry.name for entry in quickstart.iterdir()) == [
        "app.py",
        "cdk.json",
        "data",
        "payload.csv",
        "payload.expected",
        "tests",
    ]


def test_ctrl_c_while_a_job_runs_leaves_nothing(cdk_mlops, tmp_path) -> None:
    code = "import time; time.sleep(600)"
    app = write_bare_app(tmp_path / "app", {"Only": pipeline([job(code)])})
    with cdk_mlops.running("run", app, "--json") as running:
        cdk_mlops.wait_for_process(code)
        for _impatient in range(2):
            os.killpg(running.process.pid, signal.SIGINT)
        ended = running.end(timeout=20)
    assert ended.exit_code == 130, ended.err
    assert ended.report["error"] == {"code": "Interrupted", "message": "Interrupted: stopped and cleaned up"}
    assert ended.report["pipeline_execution"]["status"] == "Executing"
    assert list(ended.report["seconds"])[-2:] == ["pipeline", "stop"]
    assert "Traceback" not in ended.err
    assert cdk_mlops.left_behind() == []


def test_sigterm_while_the_cdk_cli_runs_the_app_leaves_nothing(cdk_mlops, tmp_path) -> None:
    app = write_app(tmp_path / "app", "import time; print('waiting', flush=True); time.sleep(600)")
    with cdk_mlops.running("run", app, "--verbose") as running:
        running.wait_for("[synth] waiting")
        running.process.send_signal(signal.SIGTERM)
        ended = running.end(timeout=20)
    assert ended.exit_code == 130
    assert cdk_mlops.left_behind() == []


def test_a_refused_model_fails_the_run_in_the_gate_s_words(cdk_mlops, tmp_path) -> None:
    templates = {name: pipeline([FAIL], stack=name) for name in ("Second", "First")}
    app = write_bare_app(tmp_path / "two pipelines é", templates)
    ended = cdk_mlops("run", app, "--json")
    assert ended.exit_code == 1, ended.err
    assert "The app has 2 pipelines; running First/Mlops, not Second/Mlops." in ended.err
    arn = ended.report["pipeline_execution"]["arn"]
    message = (
        "PipelineRefusedModel: step RefuseModel must not be reached, got 'accuracy is 0.7, below 0.9';"
        f" improve the model, or lower the threshold (at {arn})"
    )
    assert ended.report["error"] == {"code": "PipelineRefusedModel", "message": message}
    assert ended.err.endswith(f"{message}\n")
    assert ended.report["pipeline_execution"]["status"] == "Failed"
    assert (ended.report["model_package"], ended.report["endpoint"]) == (None, None)
    assert cdk_mlops.left_behind() == []


def test_a_failed_job_s_log_is_shown(cdk_mlops, tmp_path) -> None:
    code = "print('reading'); raise SystemExit('column age is missing')"
    ended = cdk_mlops("run", write_bare_app(tmp_path / "app", {"Only": pipeline([job(code)])}))
    assert ended.exit_code == 1
    assert "[pipeline] Log of step Job, its last " in ended.err
    assert "[pipeline] reading\n[pipeline] column age is missing\n" in ended.err
    assert "PipelineExecutionFailed: step Job must succeed, got " in ended.err
    assert cdk_mlops.left_behind() == []
    kept = Path(ended.err.split("and look at what it worked on in ")[1].split(" (at ")[0])
    assert kept.parent == cdk_mlops.cache / "failed-jobs"
    assert (kept / "job.log").read_text() == "reading\ncolumn age is missing\n"
    assert (kept / "opt" / "ml" / "config" / "processingjobconfig.json").is_file()


def test_fails_with_the_app_s_own_error_when_it_does_not_synthesise(cdk_mlops, tmp_path) -> None:
    app = write_app(tmp_path / "app", "raise ValueError('memory must be 1024 to 6144, got 1')")
    ended = cdk_mlops("run", app)
    assert ended.exit_code == 1
    assert ended.err.endswith(
        "SynthFailed: app must synthesise, got 'python app.py: Subprocess exited with error 1';"
        " correct what it says; --verbose shows everything it printed:\n"
        "    ValueError: memory must be 1024 to 6144, got 1\n"
    )
    assert "Traceback" not in ended.err
    assert cdk_mlops.left_behind() == []


def buckets(environment: dict[str, str]) -> int:
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    s3 = session.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"])
    return len(s3.list_buckets()["Buckets"])


def test_up_deploys_again_to_the_same_engine_until_down(cdk_mlops, tmp_path) -> None:
    app = write_bare_app(tmp_path / "plain é", {"Plain": bucket("one")})

    first = cdk_mlops("up", app, "--json")
    assert first.exit_code == 0, first.err
    assert list(first.report) == ["endpoint_url", "environment", "stacks"]
    assert first.report["stacks"] == ["Plain"]
    assert first.report["environment"]["AWS_ENDPOINT_URL"] == first.report["endpoint_url"]
    before = buckets(first.report["environment"])

    (app / "templates.json").write_text(json.dumps({"Plain": bucket("one"), "More": bucket("two")}))
    second = cdk_mlops("up", app, "--json")
    assert second.report == {**first.report, "stacks": ["Plain", "More"]}, second.err
    assert buckets(second.report["environment"]) == before + 1

    refused = cdk_mlops("run", app, "--keep")
    assert refused.exit_code == 1
    assert refused.err == (
        "EngineAlreadyRunning: --keep must be used when no local engine is running for this app, got"
        f" '{first.report['endpoint_url']}'; run cdk-mlops local down first, or leave out --keep\n"
    )

    other_port = cdk_mlops("up", app, "--port", "1", "--iam")
    port = first.report["endpoint_url"].rpartition(":")[2]
    assert other_port.exit_code == 1
    assert other_port.err.splitlines()[-2:] == [
        f"EngineAlreadyRunning: --port must be what the engine of this app was started with, {port}, got 1; "
        "run cdk-mlops local down for this app first, or leave the option out",
        "EngineAlreadyRunning: --iam must be what the engine of this app was started with, False, got True; "
        "run cdk-mlops local down for this app first, or leave the option out",
    ]

    status = cdk_mlops("status", app)
    assert status.out.splitlines()[0] == str(app)
    assert f"engine      {first.report['endpoint_url']}, since " in status.out
    assert "stacks      Plain, More\n" in status.out

    down = cdk_mlops("down", app)
    assert (down.exit_code, down.out) == (0, "")
    assert cdk_mlops.left_behind() == []
    assert cdk_mlops("down").err == "[cdk-mlops] Nothing is running.\n"


def test_keep_leaves_a_deployed_app_running_even_when_the_run_fails(cdk_mlops, tmp_path) -> None:
    app = write_bare_app(tmp_path / "plain", {"Plain": bucket("one")})
    kept = cdk_mlops("run", app, "--keep", "--json")
    assert kept.exit_code == 1
    assert kept.report["error"]["message"] == (
        "NoMlopsPipeline: app must define an MlopsPipeline, got ['Plain'];"
        " add MlopsPipeline(stack, 'Mlops', pipeline=StandardPipeline(source_dir=...)) to a stack"
    )
    assert kept.report["stacks"] == ["Plain"]
    assert buckets(kept.report["environment"]) >= 2
    assert cdk_mlops("down").exit_code == 0
    assert cdk_mlops.left_behind() == []
