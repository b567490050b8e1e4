from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.execution.failures import StepStoppedError
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess, JobTimeoutError, log_tail
from cdk_sagemaker_mlops.local.execution.opt_ml import RewrittenOptMl


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Callable[..., JobProcess]]:
    made: list[JobProcess] = []

    def make(script: str, **options: float) -> JobProcess:
        process = JobProcess(
            command=["sh", "-c", script],
            environment={"PATH": "/usr/bin:/bin"},
            folder=tmp_path,
            log=tmp_path / "log",
            opt_ml=RewrittenOptMl(),
            **options,
        )
        made.append(process)
        return process

    yield make
    for process in made:
        process.stop()


def test_returns_the_exit_code_and_keeps_both_streams(job: Callable[..., JobProcess], tmp_path: Path) -> None:
    process = job("echo one; echo two >&2; exit 3")
    process.start()
    assert process.wait() == 3
    assert log_tail(tmp_path / "log") == "one\ntwo"


def test_ends_a_job_that_runs_too_long(job: Callable[..., JobProcess]) -> None:
    process = job("sleep 60")
    process.start()
    started = time.monotonic()
    with pytest.raises(JobTimeoutError):
        process.wait(0.3)
    assert time.monotonic() - started < 3
    assert process.poll() is not None


def test_stopping_ends_it(job: Callable[..., JobProcess]) -> None:
    process = job("sleep 60")
    process.start()
    threading.Timer(0.2, process.stop).start()
    with pytest.raises(StepStoppedError):
        process.wait()
    assert process.poll() is not None


def test_stopping_kills_a_job_that_does_not_listen(job: Callable[..., JobProcess]) -> None:
    process = job("trap '' TERM; while :; do sleep 0.1; done", grace=0.3)
    process.start()
    time.sleep(0.2)
    started = time.monotonic()
    process.stop()
    assert time.monotonic() - started < 3
    assert process.poll() == 137


def test_fails_to_start_when_it_was_stopped_before(job: Callable[..., JobProcess], tmp_path: Path) -> None:
    process = job("touch ran")
    process.stop()
    with pytest.raises(StepStoppedError):
        process.start()
    assert not (tmp_path / "work" / "ran").exists()


def test_fails_to_wait_for_a_job_that_was_not_started(job: Callable[..., JobProcess]) -> None:
    with pytest.raises(RuntimeError, match="the job was not started"):
        job("true").wait()


def test_a_job_may_write_much(job: Callable[..., JobProcess], tmp_path: Path) -> None:
    process = job("head -c 5000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo; echo end")
    process.start()
    assert process.wait(20) == 0
    assert (tmp_path / "log").stat().st_size > 5_000_000
    tail = log_tail(tmp_path / "log").splitlines()
    assert len(tail) == 200
    assert tail[-1] == "end"


def test_the_tail_of_one_huge_line_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\xff" + b"x" * 1_000_000)
    assert len(log_tail(tmp_path / "log")) == 256 * 1024
    assert log_tail(tmp_path / "none") == ""
