"""The record of an engine that was left running."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.data_folder import PREFIX, delete_data_folder, make_data_folder
from cdk_sagemaker_mlops.local.session_store import Session, forget_session, live_session, save_session


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
        pid=engine.pid,
        endpoint_url="http://127.0.0.1:4",
        environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:4"},
        data_folder=str(data),
        stacks=("Churn",),
    )


def test_what_was_saved_is_read_while_the_engine_runs(session: Session, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    save_session(cache, session)
    assert live_session(cache) == session
    assert [entry.name for entry in cache.iterdir()] == ["session.json"]


def test_an_ended_engine_is_forgotten_and_its_data_deleted(
    session: Session, engine: subprocess.Popen[bytes], data: Path, tmp_path: Path
) -> None:
    save_session(tmp_path, session)
    engine.kill()
    engine.wait()
    assert live_session(tmp_path) is None
    assert not data.exists()
    assert not (tmp_path / "session.json").exists()


def test_another_process_with_the_same_number_is_not_the_engine(session: Session, tmp_path: Path) -> None:
    save_session(tmp_path, replace(session, data_folder=str(tmp_path / "another")))
    assert live_session(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"stacks": [], "unknown": 1}'])
def test_a_damaged_record_counts_as_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text(content)
    assert live_session(tmp_path) is None


def test_forgetting_twice_is_no_error(tmp_path: Path) -> None:
    forget_session(tmp_path)
    assert live_session(tmp_path) is None


def test_a_data_folder_is_private_and_goes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = make_data_folder()
    assert folder.root.parent == tmp_path
    assert folder.root.name.startswith(PREFIX)
    assert folder.root.stat().st_mode & 0o077 == 0
    assert all(part.is_dir() for part in (folder.engine, folder.home / "tmp", folder.scratch))
    delete_data_folder(folder)
    delete_data_folder(folder)
    assert list(tmp_path.iterdir()) == []
