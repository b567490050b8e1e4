"""How the CDK CLI is called, and how its failures are told.

The CLI is a script of Python's here, that says how it was called; the real one runs in the integration tests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.assembly import Target
from cdk_sagemaker_mlops.local.cdk_app import CdkApp
from cdk_sagemaker_mlops.local.toolchain import Toolchain

RECORDING_CLI = """
import json, os, pathlib, sys
call = {"arguments": sys.argv[1:], "folder": os.getcwd(), "key": os.environ.get("AWS_ACCESS_KEY_ID")}
pathlib.Path(__file__).with_name("calls").open("a").write(json.dumps(call) + "\\n")
print("Churn: deploying... [1/1]")
"""

ALWAYS = ["--ci", "--no-color", "--no-notices", "--no-version-reporting"]


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    script = tmp_path / "node_modules" / "aws-cdk" / "bin" / "cdk"
    script.parent.mkdir(parents=True)
    script.write_text(RECORDING_CLI)
    return script


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def app(tmp_path: Path, cli: Path, told: list[str]) -> CdkApp:
    for name in ("my app", "scratch"):
        (tmp_path / name).mkdir()
    tools = Toolchain(node=Path(sys.executable), node_modules=cli.parents[2], cache=tmp_path)
    return CdkApp(
        folder=tmp_path / "my app",
        assembly=tmp_path / "assembly é",
        scratch=tmp_path / "scratch",
        toolchain=tools,
        environment={"AWS_ACCESS_KEY_ID": "test", "PYTHONUTF8": "1"},
        on_detail=told.append,
    )


def calls(cli: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (cli.parent / "calls").read_text().splitlines()]


def test_only_synth_runs_in_the_app_s_folder(app: CdkApp, cli: Path, tmp_path: Path) -> None:
    app.synth()
    app.bootstrap(Target(account="123456789012", region="eu-west-1", qualifier="mine"), {})
    app.deploy({"AWS_ACCESS_KEY_ID": "123456789012"})
    app.destroy({})
    assembly, scratch = str(tmp_path / "assembly é"), str(tmp_path / "scratch")
    everything = ["--app", assembly, "**"]
    assert [(call["folder"], call["key"], call["arguments"]) for call in calls(cli)] == [
        (str(tmp_path / "my app"), "test", ["synth", "--quiet", "--output", assembly, *ALWAYS]),
        (scratch, "test", ["bootstrap", "aws://123456789012/eu-west-1", "--qualifier", "mine", *ALWAYS]),
        (
            scratch,
            "123456789012",
            ["deploy", *everything, "--require-approval", "never", "--progress", "events", *ALWAYS],
        ),
        (scratch, "test", ["destroy", *everything, "--force", *ALWAYS]),
    ]


def test_progress_is_told_as_it_comes(app: CdkApp, told: list[str]) -> None:
    app.deploy({})
    assert told == ["Churn: deploying"]


def test_fails_with_the_app_s_exception(app: CdkApp, cli: Path) -> None:
    cli.write_text("import sys\nprint('some talk')\ndef f():\n    raise ValueError('a must be 1')\nf()")
    with pytest.raises(LocalRunError) as caught:
        app.synth()
    assert str(caught.value) == (
        "SynthFailed: app must synthesise, got 'ValueError: a must be 1';"
        " correct what it says; --verbose shows everything it printed:\n    ValueError: a must be 1"
    )


def test_fails_with_the_failed_resource(app: CdkApp, cli: Path) -> None:
    cli.write_text(
        "print('Churn | 1/5 | 6:07:50 PM | CREATE_FAILED  | AWS::S3::Bucket | Bucket The name is taken')\n"
        "print('Churn | 1/5 | 6:07:50 PM | CREATE_COMPLETE  | AWS::S3::Bucket | Other ')\n"
        "print('The stack named Churn failed creation')\nraise SystemExit(1)"
    )
    with pytest.raises(LocalRunError) as caught:
        app.deploy({})
    assert str(caught.value) == (
        "DeployFailed: cdk deploy must succeed, got 'exit code 1';"
        " correct what it says; --verbose shows everything it printed:\n"
        "    Churn | 1/5 | 6:07:50 PM | CREATE_FAILED  | AWS::S3::Bucket | Bucket The name is taken\n"
        "    The stack named Churn failed creation"
    )
