"""The record of an engine that was left running."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.session_store import (
    Session,
    forget_session,
    live_session,
    live_sessions,
    only_command,
    save_session,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data é"
    folder.mkdir()
    return folder


@pytest.fixture
def engine(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that, like the engine, has the data folder in its command line."""
    script = "import time; print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", script, "--data-dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the command line of a process that has just begun can still be empty
        yield process
        process.kill()


@pytest.fixture
def session(engine: subprocess.Popen[bytes], data: Path) -> Session:
    return Session(
        app="/apps/churn é",
        pid=engine.pid,
        endpoint_url="http://127.0.0.1:4",
        environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:4", "AWS_ACCESS_KEY_ID": "test"},
        account="111111111111",
        regions=("us-east-1",),
        stacks=("Churn",),
        data_folder=str(data),
        iam=False,
        started="2026-11-26T10:00:00+00:00",
    )


APP = Path("/apps/churn é")


def test_what_was_saved_is_read_while_the_engine_runs(session: Session, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    save_session(cache, session)
    assert live_session(cache, APP) == session
    assert live_session(cache, Path("/apps/other")) is None
    assert session.client_environment == {**session.environment, "AWS_ACCESS_KEY_ID": "111111111111"}


def test_each_app_has_an_engine_of_its_own(session: Session, tmp_path: Path) -> None:
    older = replace(session, app="/apps/other", started="2026-11-26T09:00:00+00:00")
    save_session(tmp_path, session)
    save_session(tmp_path, older)
    assert live_sessions(tmp_path) == (older, session)
    forget_session(tmp_path, older)
    assert live_sessions(tmp_path) == (session,)


def test_an_ended_engine_is_forgotten_and_its_data_deleted(
    session: Session, engine: subprocess.Popen[bytes], data: Path, tmp_path: Path
) -> None:
    save_session(tmp_path, session)
    engine.kill()
    engine.wait()
    assert live_session(tmp_path, APP) is None
    assert not data.exists()
    assert list(tmp_path.rglob("*.json")) == []


def test_another_process_with_the_same_number_is_not_the_engine(session: Session, tmp_path: Path) -> None:
    save_session(tmp_path, replace(session, data_folder=str(tmp_path / "another")))
    assert live_session(tmp_path, APP) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"stacks": [], "unknown": 1}'])
def test_a_damaged_record_counts_as_none(content: str, session: Session, tmp_path: Path) -> None:
    save_session(tmp_path, session)
    [file] = tmp_path.rglob("*.json")
    file.write_text(content)
    assert live_session(tmp_path, APP) is None
    assert live_sessions(tmp_path) == ()


def test_forgetting_twice_is_no_error(session: Session, tmp_path: Path) -> None:
    forget_session(tmp_path, session)
    assert live_session(tmp_path, APP) is None
    assert live_sessions(tmp_path) == ()


def test_one_command_at_a_time_works_on_an_app(tmp_path: Path) -> None:
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        with only_command(tmp_path, APP, waiting.set):
            order.append("second")

    with only_command(tmp_path, APP, lambda: order.append("never")):
        # Another app's commands do not wait.
        with only_command(tmp_path, Path("/apps/other"), lambda: order.append("never")):
            pass
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
