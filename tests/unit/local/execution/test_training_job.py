from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.failures import StepFailedError
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl
from cdk_sagemaker_mlops.local.execution.training_job import run_training

SCRIPT = """
import argparse, json, os, pathlib
from beside import VALUE
parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
parser.add_argument("--name")
options = parser.parse_args()
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "code").mkdir()
(model / "code" / "inference.py").write_text("# /opt/ml/model")
(model / "model.json").write_text(json.dumps({
    "alpha": options.alpha,
    "name": options.name,
    "train": (pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "a.csv").read_text(),
    "beside": VALUE,
    "job": os.environ["TRAINING_JOB_NAME"],
    "literal": pathlib.Path("/opt/ml/input/data/train/a.csv").exists(),
}))
if options.name == "with output":
    (pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "plot.txt").write_text("plot")
"""

JOB = "pipelines-abcdefghijkl-Train-0123456789"


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{name}.py")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def request(**changes: Any) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://b/code/abc.gz",
            "alpha": "0.5",
            "name": "plain",
        },
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/train"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def hyperparameters(**changes: Any) -> dict[str, Any]:
    return {"HyperParameters": {**request()["HyperParameters"], **changes}}


@pytest.fixture(autouse=True)
def objects(storage: Any) -> None:
    storage.write("s3://b/code/abc.gz", archive(train=SCRIPT, beside="VALUE = '/opt/ml'"))
    storage.write("s3://b/train/a.csv", "1,2")


def unpacked(storage: Any, uri: str, folder: Path) -> Path:
    with tarfile.open(storage.path(uri), "r:gz") as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return folder


def test_runs_a_script_by_the_toolkit(
    step_context: Callable[..., Any], storage: Any, opt_ml: OptMl, tmp_path: Path
) -> None:
    result = run_training(request(), step_context("Train", "Training", opt_ml=opt_ml))
    uri = f"s3://b/models/{JOB}/output/model.tar.gz"
    assert result.properties["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    assert result.properties["TrainingJobName"] == JOB
    model = unpacked(storage, uri, tmp_path / "model")
    written = json.loads((model / "model.json").read_text())
    assert written == {
        "alpha": 0.5,
        "name": "plain",
        "train": "1,2",
        "beside": "/opt/ml",
        "job": JOB,
        "literal": True,
    }
    assert (model / "code" / "inference.py").read_text() == "# /opt/ml/model"
    assert storage.list(f"s3://b/models/{JOB}") == [uri]


def test_takes_json_quoted_hyperparameters_and_uploads_output_data(
    step_context: Callable[..., Any], storage: Any, tmp_path: Path
) -> None:
    quoted = hyperparameters(
        sagemaker_program='"train.py"',
        sagemaker_submit_directory='"s3://b/code/abc.gz"',
        name='"with output"',
    )
    run_training(request(**quoted), step_context("Train", "Training"))
    data = unpacked(storage, f"s3://b/models/{JOB}/output/output.tar.gz", tmp_path / "data")
    assert (data / "plot.txt").read_text() == "plot"


def test_leaves_a_model_uncompressed_when_asked(step_context: Callable[..., Any], storage: Any) -> None:
    config = {"S3OutputPath": "s3://b/models/", "CompressionType": "NONE"}
    result = run_training(request(OutputDataConfig=config), step_context("Train", "Training"))
    prefix = f"s3://b/models/{JOB}/output/model/"
    assert result.properties["ModelArtifacts"] == {"S3ModelArtifacts": prefix}
    assert storage.list(prefix) == [f"{prefix}code/inference.py", f"{prefix}model.json"]


def test_runs_the_containers_own_command(
    step_context: Callable[..., Any], storage: Any, opt_ml: OptMl, tmp_path: Path
) -> None:
    """As the SDK's ModelTrainer(source_code=...) does: a driver script in a channel of its own."""
    storage.write(
        "s3://b/drivers/sm_train.sh",
        "set -e\ncd /opt/ml/input/data/code\n"
        "python3 -c \"import json; r = json.load(open('/opt/ml/input/config/resourceconfig.json'));"
        " h = json.load(open('/opt/ml/input/config/hyperparameters.json'));"
        " i = json.load(open('/opt/ml/input/config/inputdataconfig.json'));"
        " json.dump([r, h, i], open('/opt/ml/model/out.json', 'w'))\"\n",
    )
    channels = [
        {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
        for name, uri in (("sm_drivers", "s3://b/drivers"), ("code", "s3://b/train"))
    ]
    command = "chmod +x /opt/ml/input/data/sm_drivers/sm_train.sh && /bin/bash /opt/ml/input/data/sm_drivers/sm_train.sh"
    result = run_training(
        request(
            AlgorithmSpecification={
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["/bin/bash"],
                "ContainerArguments": ["-c", command],
            },
            InputDataConfig=channels,
            HyperParameters={"epochs": 3, "on": True},
        ),
        step_context("Train", "Training", opt_ml=opt_ml),
    )
    model = unpacked(storage, result.properties["ModelArtifacts"]["S3ModelArtifacts"], tmp_path / "model")
    resources, given, inputs = json.loads((model / "out.json").read_text())
    assert resources["hosts"] == [resources["current_host"]] == ["algo-1"]
    assert {"network_interface_name", "current_instance_type", "current_group_name"} < resources.keys()
    assert given == {"epochs": "3", "on": "true"}
    assert list(inputs) == ["sm_drivers", "code"]


def test_fails_with_what_the_script_said(step_context: Callable[..., Any], storage: Any) -> None:
    script = "print('loading')\nraise ValueError('column x is missing')"
    storage.write("s3://b/code/abc.gz", archive(train=script))
    with pytest.raises(StepFailedError) as caught:
        run_training(request(), step_context("Train", "Training"))
    text = str(caught.value)
    assert text.startswith("AlgorithmError: ExecuteUserScriptError: ExitCode 1")
    assert ", exit code: 1; last lines of its log:\n" in text
    assert "ValueError: column x is missing" in text
    assert len(text) <= 1024
    assert storage.list("s3://b/models") == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"HyperParameters": {"alpha": "1"}},
            "ClientError: the hyperparameter 'sagemaker_program' must be given when ContainerEntrypoint "
            "is not, because an image's own algorithm is not emulated locally; run your script in "
            "script mode",
        ),
        (
            hyperparameters(sagemaker_submit_directory="file:///code"),
            "ClientError: sagemaker_submit_directory must be the S3 URI of an archive, got "
            "'file:///code'; upload the code",
        ),
        (
            hyperparameters(sagemaker_submit_directory="s3://b/none.tar.gz"),
            "ClientError: sagemaker_submit_directory must exist, got 's3://b/none.tar.gz'; upload the code",
        ),
        (
            hyperparameters(sagemaker_submit_directory="s3://b/train/a.csv"),
            "ClientError: sagemaker_submit_directory must be a gzip-compressed tar archive, got "
            "'s3://b/train/a.csv' (not a gzip file); pack the code with 'tar -czf'",
        ),
        (
            {"InputDataConfig": [{"ChannelName": "c", "DataSource": {"FileSystemDataSource": {}}}]},
            "ClientError: channel 'c' must read from S3, because other sources are not emulated locally; use "
            "DataSource.S3DataSource",
        ),
        (
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "c",
                        "InputMode": "Pipe",
                        "DataSource": {"S3DataSource": {"S3Uri": "s3://b/train"}},
                    }
                ]
            },
            "ClientError: InputMode of channel 'c' must be 'File' or 'FastFile', got 'Pipe'; others are "
            "not emulated locally",
        ),
    ],
    ids=["no script", "not S3", "no object", "not an archive", "file system", "pipe"],
)
def test_fails_when_a_request_cannot_be_emulated(
    step_context: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(StepFailedError) as caught:
        run_training(request(**changes), step_context("Train", "Training"))
    assert str(caught.value) == message
