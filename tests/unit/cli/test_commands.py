"""The words of the command line, and every wrong use with its exact text. Nothing is started before the check."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdk_sagemaker_mlops.cli.commands import cdk_mlops


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_MLOPS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    return folder


def invoke(*arguments: str):
    return CliRunner().invoke(cdk_mlops, ["local", *arguments])


@pytest.mark.parametrize("command", ["run", "up"])
@pytest.mark.parametrize(
    ("app_dir", "text"),
    [
        (
            "missing",
            "AppFolderNotFound: APP_DIR must be a folder, got 'missing'; give the folder that holds the app's"
            " cdk.json\n",
        ),
        (
            "app/cdk.json",
            "AppFolderNotFound: APP_DIR must be a folder, got 'app/cdk.json'; give the folder that holds the"
            " app's cdk.json\n",
        ),
        (
            ".",
            "CdkJsonNotFound: APP_DIR must hold a cdk.json, got '. with app';"
            ' add a cdk.json such as {"app": "python app.py"}\n',
        ),
    ],
)
def test_fails_on_a_wrong_app_folder_before_anything_starts(command, app_dir, text, app, tmp_path) -> None:
    result = invoke(command, app_dir)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", text)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("--payload", "row.csv"),
            "PayloadNotFound: --payload must be a file, got 'row.csv'; give a file that holds one request\n",
        ),
        (
            ("--payload", "app/cdk.txt"),
            "UnknownContentType: --payload must end in .csv or .json when --content-type is not given, got"
            " 'app/cdk.txt'; add --content-type\n",
        ),
        (
            ("--payload", "empty.csv"),
            "EmptyPayload: --payload must hold at least one byte, got 'empty.csv'; write one request into it,"
            " such as a line of comma-separated values\n",
        ),
    ],
)
def test_fails_on_a_wrong_payload_before_anything_starts(arguments, text, app, tmp_path) -> None:
    (app / "cdk.txt").write_text("1")
    (tmp_path / "empty.csv").write_text("")
    result = invoke("run", "app", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", text)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "a", "b"),
        ("run", "app", "--unknown"),
        ("run", "app", "--payload"),
        ("up",),
        ("down", "app", "b"),
        ("status", "a", "b"),
        ("up", "app", "--port", "0"),
        ("up", "app", "--port", "many"),
        ("sideways",),
    ],
)
def test_fails_with_2_on_wrong_words(arguments, app) -> None:
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_with_json_a_refusal_is_one_object_too(app) -> None:
    result = invoke("run", "missing", "--json")
    report = json.loads(result.stdout)
    assert list(report) == [
        "pipeline_execution",
        "model_package",
        "endpoint",
        "prediction",
        "seconds",
        "error",
    ]
    assert report["error"]["code"] == "AppFolderNotFound"
    report = json.loads(invoke("up", "missing", "--json").stdout)
    assert list(report) == ["endpoint_url", "environment", "stacks", "error"]


def test_down_without_anything_running_is_success() -> None:
    result = invoke("down")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "[cdk-mlops] Nothing is running.\n")


def test_status_without_anything_running_is_success(app) -> None:
    result = invoke("status")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Nothing is running.\n", "")
    assert json.loads(invoke("status", "app", "--json").stdout) == {"engines": []}
    assert invoke("down", "app").stderr == "[cdk-mlops] Nothing is running for app.\n"


def test_fails_when_the_cache_cannot_be_made(app, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CDK_MLOPS_CACHE", str(app / "cdk.json" / "cache"))
    result = invoke("run", "app")
    assert result.exit_code == 1
    assert "CacheFolderNotWritable: CDK_MLOPS_CACHE must name a folder that can be written" in result.stderr


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from cdk_sagemaker_mlops.cli.commands import cdk_mlops;"
        "heavy = {'boto3', 'botocore', 'aws_cdk', 'sagemaker', 'rich', 'jsii', 'pandas'} & set(sys.modules);"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_help_starts_fast() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        subprocess.run([Path(sys.executable).parent / "cdk-mlops", "--help"], check=True, capture_output=True)
        return time.perf_counter() - began

    # The best of a few: the machine may be busy with other tests.
    assert min(seconds() for _run in range(5)) < 0.6


ON_A_STACK = (
    ("start", "--wait"),
    ("status",),
    ("versions",),
    ("approve", "1", "--yes"),
    ("reject", "1", "--yes"),
    ("rollback", "--yes"),
    ("logs",),
    ("cleanup",),
    ("doctor",),
)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No region, no profile: the first thing that every command on a stack needs."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("words", [words for words in ON_A_STACK if words != ("doctor",)])
def test_fails_on_a_missing_region_in_one_line_and_in_json(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cdk_mlops, list(words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "NoRegion: --region must be given where neither AWS_REGION nor the profile names one, got None; add"
        " --region, such as --region eu-west-1\n"
    )
    result = CliRunner().invoke(cdk_mlops, [*words, "--json"])
    assert json.loads(result.stdout)["error"]["code"] == "NoRegion"


@pytest.mark.usefixtures("nowhere")
def test_an_unknown_profile_is_one_line_and_with_verbose_a_traceback() -> None:
    result = CliRunner().invoke(cdk_mlops, ["status", "--profile", "nobody"])
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith("ProfileNotFound: AWS must be reachable")
    result = CliRunner().invoke(cdk_mlops, ["status", "--profile", "nobody", "--verbose"])
    assert "Traceback (most recent call last)" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("approve",),
        ("approve", "zero"),
        ("approve", "0"),
        ("reject", "1", "2"),
        ("versions", "--compare", "1"),
        ("versions", "--limit", "101"),
        ("invoke",),
        ("invoke", "rows.csv", "--batch-size", "0"),
        ("logs", "--lines", "0"),
        ("start", "Name=value"),
        ("cleanup", "all"),
    ],
)
def test_fails_with_2_on_wrong_words_of_a_command_on_a_stack(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cdk_mlops, list(arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


@pytest.mark.parametrize("command", [*(words[0] for words in ON_A_STACK), "invoke"])
def test_every_command_takes_the_same_options(command: str) -> None:
    told = CliRunner().invoke(cdk_mlops, [command, "--help"]).stdout
    for option in ("--stack", "--profile", "--region", "--endpoint-url", "--json", "--verbose"):
        assert option in told
