"""The README's transcript of the commands, typed into one running engine, line by line.

What differs from run to run, such as times, decimals and execution ids, is matched by its form; a line ``...``
in the README stands for any lines.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PORT = 4711
FORMS = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\+00:00|,\d+)?", "<time>"),
    (r"\d+\.\d+", "<n>"),
    (r"(?<=execution[/ ])[a-z0-9]{12}", "<id>"),
    (r"^ +[a-z0-9]{12}(?= )", "<id>"),
    (r"\s+", " "),
)
# How far a step was at a look depends on the moment.
FLEETING = re.compile(r": (Executing|Starting)$")


def transcript() -> list[tuple[str, list[str]]]:
    """Commands, each with the lines that it printed."""
    section = README.split("## At the keyboard", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(r"^```console\n(\$ .*?)^```$", section, re.MULTILINE | re.DOTALL)
    entries: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            entries.append((line[2:], []))
        else:
            entries[-1][1].append(line)
    return entries


def normal(lines: list[str]) -> list[str]:
    made = []
    for line in lines:
        if FLEETING.search(line):
            continue
        text = line.rstrip()
        for form, word in FORMS:
            text = re.sub(form, word, text)
        made.append(text.strip())
    return [text for text in made if text]


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether lines are those expected, where ``...`` stands for any number of any lines."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[start:]) for start in range(len(actual) + 1))
    return bool(actual) and expected[0] == actual[0] and matches(expected[1:], actual[1:])


class Keyboard:
    """Types commands into a shell that keeps what is exported."""

    def __init__(self, folder: Path, cache: Path, temporary: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CDK_MLOPS_CACHE": str(cache),
            "TMPDIR": str(temporary),
            "AWS_PROFILE": "does-not-exist",
        }

    def type(self, command: str) -> tuple[int, list[str]]:
        exported = re.fullmatch(r"export (\w+)=(\S+)", command)
        if exported is not None:
            self.environment[exported[1]] = exported[2]
            return 0, []
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout.splitlines()

    def at_a_terminal(self, command: str, *, answer: str = "") -> tuple[int, str]:
        """Types a command at a terminal, and an answer to what it asks."""
        ours, theirs = pty.openpty()
        environment = {**self.environment, "TERM": "xterm", "COLUMNS": "120"}
        process = subprocess.Popen(
            command.split(), cwd=self.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = b""
        # Reading fails when the other side is closed.
        with suppress(OSError):
            while chunk := os.read(ours, 65536):
                shown += chunk
        os.close(ours)
        return process.wait(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())

    def client(self, service: str):
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{PORT}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(scope="module")
def keyboard(tmp_path_factory: pytest.TempPathFactory, tool_cache: Path) -> Iterator[Keyboard]:
    folder = tmp_path_factory.mktemp("keyboard")
    shutil.copytree(ROOT / "model_code", folder / "model_code", ignore=shutil.ignore_patterns("__pycache__"))
    app = shutil.copytree(ROOT / "examples" / "quickstart", folder / "examples" / "quickstart")
    # As it is by default, and not in the example: something is left to clean up.
    code = (app / "app.py").read_text()
    (app / "app.py").write_text(re.sub(r"^ *removal_policy=.*\n", "", code, flags=re.MULTILINE))
    (folder / "tmp").mkdir()
    made = Keyboard(folder, tool_cache, folder / "tmp")
    yield made
    made.type("cdk-mlops local down")
    assert list((folder / "tmp").iterdir()) == []


@pytest.fixture(scope="module")
def typed(keyboard: Keyboard) -> Keyboard:
    """The keyboard, when everything but the last command has been typed."""
    for command, expected in transcript()[:-1]:
        code, lines = keyboard.type(command)
        told = "\n".join(lines)
        assert code == 0, f"$ {command}\n{told}"
        assert matches(normal(expected), normal(lines)), f"$ {command}\n{told}"
    return keyboard


@pytest.mark.usefixtures("typed")
def test_the_readme_s_commands_print_what_it_says() -> None:
    commands = {command.split()[1] for command, _ in transcript() if command.startswith("cdk-mlops ")}
    assert commands >= {
        "start",
        "status",
        "versions",
        "approve",
        "reject",
        "rollback",
        "invoke",
        "logs",
        "cleanup",
        "doctor",
        "graph",
        "report",
        "local",
    }


def test_a_failing_step_ends_it_with_the_tail_of_its_log(typed: Keyboard) -> None:
    code, lines = typed.type("cdk-mlops start -p Alpha=-1 --wait")
    assert code == 1
    assert "[pipeline] Log of step Train, its last 40 lines:" in lines
    assert "[pipeline] InvalidAlpha: alpha must be a number above 0, got -1.0; try 1.0" in lines
    assert lines[-1].startswith("PipelineExecutionFailed: step Train must succeed, got 'AlgorithmError")


def test_a_terminal_shows_steps_live_and_asks_with_the_metrics(typed: Keyboard) -> None:
    code, shown = typed.at_a_terminal("cdk-mlops start --wait")
    assert code == 0
    assert "    Train Succeeded (cached) 0." in shown
    assert "✓ Run pipeline quickstart-mlops-" in shown
    code, shown = typed.at_a_terminal("cdk-mlops approve 4", answer="n\n")
    assert code == 1
    assert re.search(r"METRIC +VERSION 1 \(live\) +VERSION 4 +DIFFERENCE", shown)
    assert "Approve version 4 (PendingManualApproval)? [y/N]" in shown
    code, shown = typed.at_a_terminal("cdk-mlops reject 4 --reason worse", answer="y\n")
    assert code == 0
    assert shown.rstrip().endswith("Version 4 is Rejected.")


def test_ctrl_c_leaves_the_execution_running(typed: Keyboard) -> None:
    process = subprocess.Popen(
        ["cdk-mlops", "start", "-p", "Alpha=3", "--wait", "--json"],
        cwd=typed.folder,
        env=typed.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_it_trains = iter(process.stderr.readline, "")
    assert any("Train: " in line for line in until_it_trains)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    report = json.loads(out)
    assert (process.returncode, report["error"]["code"]) == (130, "Interrupted")
    assert err.splitlines()[-1] == "Interrupted: the execution goes on; cdk-mlops status shows it"
    sagemaker, arn = typed.client("sagemaker"), report["pipeline_execution"]["arn"]
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["PipelineExecutionStatus"] == "Executing"
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_cleanup_finds_and_deletes_what_the_stack_left(typed: Keyboard) -> None:
    cloudformation = typed.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName="Quickstart")["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    code, lines = typed.type("cdk-mlops cleanup")
    assert (code, [line.split("  ")[0] for line in lines[1:-1]]) == (0, ["bucket", "model package group"])
    code, lines = typed.type("cdk-mlops cleanup --yes")
    assert (code, [line.split()[0] for line in lines[-2:]]) == (0, ["Deleted", "Deleted"])
    assert typed.client("s3").list_buckets(Prefix="quickstart-")["Buckets"] == []
    assert typed.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    _, lines = typed.type("cdk-mlops cleanup")
    assert lines == ["Nothing is left of the stacks that were deleted in the last 90 days."]


def test_the_last_command_ends_the_engine(typed: Keyboard) -> None:
    command, expected = transcript()[-1]
    assert command == "cdk-mlops local down"
    code, lines = typed.type(command)
    assert code == 0
    assert matches(normal(expected), normal(lines)), "\n".join(lines)
