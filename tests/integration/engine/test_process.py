"""The engine as a process: its start, its end, and who may reach it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine_process import EngineProcess, end_engine


def test_stopping_ends_jobs_models_and_functions(tmp_path: Path, new_engine: Any) -> None:
    with new_engine(tmp_path / "data") as engine:
        aws = new_engine.aws(engine)
        aws.s3.create_bucket(Bucket="models")
        aws.sagemaker.create_model_package_group(ModelPackageGroupName="signs")
        config = aws.config("signs", aws.register("models", "signs", [0, 0, 1, 1]))
        aws.sagemaker.create_endpoint(EndpointName="signs", EndpointConfigName=config)
        aws.settled("signs")
        aws.function("idle", "def handler(event, context): return 1")
        aws.call_function("idle")
        execution = aws.pipeline(
            "sleeps", aws.job("Sleep", "print('asleep', flush=True); import time; time.sleep(99)")
        )
        aws.until(lambda: "asleep" in aws.log(execution, "Sleep"))
        assert len(new_engine.processes(str(tmp_path))) >= 3

        began = time.monotonic()
        engine.stop()

        assert time.monotonic() - began < 5.5
        assert new_engine.processes(str(tmp_path)) == []


_STARTER = """
import sys, time
from pathlib import Path
from cdk_sagemaker_mlops.local.engine_process import EngineProcess

engine = EngineProcess(
    data_dir=Path(sys.argv[1]), lambda_python=Path(sys.argv[2]), detached=sys.argv[3] == "detached"
)
print(engine.pid, engine.endpoint_url, flush=True)
time.sleep(600)
"""


def _start_and_kill_the_starter(tmp_path: Path, new_engine: Any, how: str) -> tuple[int, str]:
    command = [sys.executable, "-c", _STARTER, str(tmp_path / "data"), str(new_engine.function_python), how]
    starter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout:
        pid, url = starter.stdout.readline().split()
        assert len(new_engine.processes(str(tmp_path / "data"))) == 2
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    return int(pid), url


def test_the_engine_ends_when_its_starter_is_killed(tmp_path: Path, new_engine: Any) -> None:
    _start_and_kill_the_starter(tmp_path, new_engine, "attached")

    new_engine.until(lambda: not new_engine.processes(str(tmp_path / "data")), 5)


def test_a_detached_engine_goes_on_until_it_is_ended(tmp_path: Path, new_engine: Any) -> None:
    pid, url = _start_and_kill_the_starter(tmp_path, new_engine, "detached")
    try:
        time.sleep(0.5)
        assert len(new_engine.processes(str(tmp_path / "data"))) == 1
        with urllib.request.urlopen(f"{url}/_ministack/health") as response:
            assert response.status == 200
    finally:
        end_engine(pid)

    assert new_engine.processes(str(tmp_path / "data")) == []
    end_engine(pid)


def test_fails_to_listen_for_other_machines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cdk_sagemaker_mlops.local.engine", "--data-dir", str(tmp_path)]

    ran = subprocess.run(
        [*command, "--lambda-python", sys.executable, "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, json.loads(ran.stdout)["problems"][0]["code"]) == (2, "NotLoopback")
    assert ran.stderr == (
        "NotLoopback: host must be an IPv4 loopback address, got '0.0.0.0'; "
        "use '127.0.0.1': the engine runs code for whoever can reach it\n"
    )


def test_fails_with_what_the_engine_said(aws: Any, tmp_path: Path, new_engine: Any) -> None:
    with pytest.raises(LocalRunError) as caught:
        EngineProcess(data_dir=tmp_path, lambda_python=new_engine.function_python, port=aws.engine.port)

    assert str(caught.value) == (
        "PortUnavailable: port must be free on 127.0.0.1 (Address already in use), "
        f"got {aws.engine.port}; choose another, or 0 for a free one"
    )


def test_everything_is_written_below_the_data_folder(tmp_path: Path, new_engine: Any) -> None:
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    code = _STARTER.replace("time.sleep(600)", "engine.stop()")
    command = [
        sys.executable,
        "-c",
        code,
        str(tmp_path / "data"),
        str(new_engine.function_python),
        "attached",
    ]

    subprocess.run(command, check=True, env={**os.environ, "TMPDIR": str(elsewhere)}, capture_output=True)

    assert list(elsewhere.iterdir()) == []


def test_a_web_page_is_turned_away(aws: Any) -> None:
    request = urllib.request.Request(aws.engine.endpoint_url, headers={"Origin": "https://example.com"})

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    assert caught.value.code == 403
    caught.value.close()
