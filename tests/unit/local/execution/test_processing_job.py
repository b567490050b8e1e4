from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.failures import StepFailedError
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl
from cdk_sagemaker_mlops.local.execution.processing_job import read_property_file, run_processing

SCRIPT = """
import json, os, pathlib, sys
base = pathlib.Path("/opt/ml/processing")
config = json.load(open("/opt/ml/config/processingjobconfig.json"))
hosts = json.load(open("/opt/ml/config/resourceconfig.json"))["hosts"]
out = base / "output/result"
(out / "deep").mkdir(parents=True)
(out / "deep" / "said.json").write_text(json.dumps({
    "arguments": sys.argv[1:],
    "input": (base / "input/data/a.csv").read_text(),
    "variable": os.environ["MINE"],
    "region": os.environ["AWS_REGION"],
    "job": config["ProcessingJobName"],
    "hosts": hosts,
    "here": "/opt/ml/processing",
}))
"""


def request(**changes: Any) -> dict[str, Any]:
    inputs = {"code": "s3://b/code/script.py", "data": "s3://b/data"}
    return {
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            "ContainerArguments": ["--n", 1, "--path", "/opt/ml/x"],
        },
        "Environment": {"MINE": "yes"},
        "ProcessingInputs": [
            {
                "InputName": name,
                "AppManaged": False,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": f"/opt/ml/processing/input/{name}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for name, uri in inputs.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "result",
                    "S3Output": {"S3Uri": "s3://b/out", "LocalPath": "/opt/ml/processing/output/result"},
                }
            ]
        },
        **changes,
    }


@pytest.fixture(autouse=True)
def objects(storage: Any) -> None:
    storage.write("s3://b/code/script.py", SCRIPT)
    storage.write("s3://b/data/a.csv", "1,2")


def test_runs_a_command_between_its_inputs_and_outputs(
    step_context: Callable[..., Any], storage: Any, opt_ml: OptMl
) -> None:
    result = run_processing(request(), step_context("Prepare", opt_ml=opt_ml))
    said = json.loads(storage.path("s3://b/out/deep/said.json").read_text())
    path = said["arguments"].pop()
    assert path.endswith("/opt/ml/x")
    assert said == {
        "arguments": ["--n", "1", "--path"],
        "input": "1,2",
        "variable": "yes",
        "region": "eu-west-1",
        "job": "pipelines-abcdefghijkl-Prepare-0123456789",
        "hosts": ["algo-1"],
        "here": "/opt/ml/processing",
    }
    assert result.properties["ProcessingJobStatus"] == "Completed"
    assert result.properties["ProcessingJobArn"] == (
        "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/pipelines-abcdefghijkl-prepare-0123456789"
    )


@pytest.mark.parametrize(
    ("script", "summary"),
    [
        (
            "import sys; print('about to'); sys.exit(3)",
            "AlgorithmError: exit code: 3; last lines of its log:\nabout to",
        ),
        ("import os; os.kill(os.getpid(), 9)", "AlgorithmError: exit code: 137"),
        (
            "open('/opt/ml/output/message', 'w').write('no rows')\nraise SystemExit(1)",
            "AlgorithmError: no rows, exit code: 1",
        ),
    ],
    ids=["exit", "signal", "message"],
)
def test_fails_with_the_exit_code_and_the_log(
    step_context: Callable[..., Any], storage: Any, script: str, summary: str
) -> None:
    storage.write("s3://b/code/script.py", script)
    context = step_context()
    (context.folder / "opt" / "ml" / "output").mkdir(parents=True)
    with pytest.raises(StepFailedError) as caught:
        run_processing(request(), context)
    assert str(caught.value) == summary
    assert storage.list("s3://b/out") == []


def test_fails_when_it_runs_longer_than_it_may(step_context: Callable[..., Any], storage: Any) -> None:
    storage.write("s3://b/code/script.py", "import time; print('working', flush=True); time.sleep(60)")
    with pytest.raises(StepFailedError) as caught:
        run_processing(request(StoppingCondition={"MaxRuntimeInSeconds": 1}), step_context())
    assert str(caught.value) == (
        "MaxRuntimeExceeded: the job was ended after 1 s, because "
        "StoppingCondition.MaxRuntimeInSeconds is 1; last lines of its log:\nworking"
    )


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    """Returns a request with one value replaced."""
    document = request()
    target: Any = document
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            changed(["AppSpecification", "ContainerEntrypoint"], []),
            "ClientError: AppSpecification.ContainerEntrypoint must be given, because an image's own "
            "entry point is not known locally; set it",
        ),
        (
            changed(["ProcessingInputs", 1, "S3Input", "S3Uri"], "s3://b/none"),
            "ClientError: there is no object at or below 's3://b/none'; give an S3 URI that holds data",
        ),
        (
            changed(["ProcessingInputs", 1], {"InputName": "data", "DatasetDefinition": {}}),
            "ClientError: processing input 'data' must be an S3Input, because others are not emulated "
            "locally; read the data from S3",
        ),
        (
            changed(["ProcessingInputs", 1, "S3Input", "S3DataType"], "ManifestFile"),
            "ClientError: S3DataType of processing input 'data' must be 'S3Prefix', got 'ManifestFile'; "
            "others are not emulated locally",
        ),
        (
            changed(["ProcessingInputs", 1, "S3Input", "LocalPath"], "/tmp/x"),
            "ClientError: a local path must be at or below /opt/ml, got '/tmp/x'; use a path such as "
            "/opt/ml/processing/input",
        ),
        (
            changed(["ProcessingOutputConfig", "Outputs"], [{"OutputName": "f", "FeatureStoreOutput": {}}]),
            "ClientError: processing output 'f' must be an S3Output, because FeatureStoreOutput is not "
            "emulated locally; write the data to S3",
        ),
    ],
    ids=["entry point", "no object", "dataset", "manifest", "local path", "feature store"],
)
def test_fails_when_a_request_cannot_be_emulated(
    step_context: Callable[..., Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(StepFailedError) as caught:
        run_processing(arguments, step_context())
    assert str(caught.value) == message


STEP = {
    "Name": "Evaluate",
    "PropertyFiles": [
        {"PropertyFileName": "Report", "OutputName": "result", "FilePath": "report.json"},
        {"PropertyFileName": "Lost", "OutputName": "none", "FilePath": "report.json"},
    ],
}


def read(storage: Any, name: str = "Report") -> Any:
    return read_property_file(name, step=STEP, properties=request(), storage=storage)


def test_reads_a_property_file_from_the_output(storage: Any) -> None:
    storage.write("s3://b/out/report.json", '{"f1": 0.9}')
    assert read(storage) == {"f1": 0.9}


def test_fails_when_the_property_file_was_not_written(storage: Any) -> None:
    with pytest.raises(StepFailedError) as caught:
        read(storage)
    assert str(caught.value) == (
        "ClientError: there is no object 's3://b/out/report.json'; the step must write this file into "
        "its output"
    )


def test_fails_when_the_property_file_is_not_json(storage: Any) -> None:
    storage.write("s3://b/out/report.json", "{f1: 0.9}")
    with pytest.raises(StepFailedError, match="must hold JSON: Expecting property name"):
        read(storage)


def test_fails_when_the_step_declares_no_such_file(storage: Any) -> None:
    with pytest.raises(StepFailedError) as caught:
        read(storage, "Other")
    assert str(caught.value) == (
        "ClientError: property file 'Other' must be one that step 'Evaluate' declares ('Report', 'Lost')"
    )
    with pytest.raises(StepFailedError, match="'Lost' must name an output of step 'Evaluate', got 'none'"):
        read(storage, "Lost")


def test_a_job_sees_no_variable_of_the_caller(
    step_context: Callable[..., Any], storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "s")
    storage.write("s3://b/code/script.py", "import os; assert 'CALLERS_SECRET' not in os.environ")
    run_processing(request(), step_context())


def test_the_log_is_kept(step_context: Callable[..., Any], storage: Any) -> None:
    storage.write("s3://b/code/script.py", "print('hello')")
    context = step_context()
    run_processing(request(), context)
    assert Path(context.log).read_text() == "hello\n"
