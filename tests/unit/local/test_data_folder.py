"""The folder of a run: private, deleted whole, and cleared away by the next run when this one was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.data_folder import (
    PREFIX,
    delete_data_folder,
    delete_stale_folders,
    make_data_folder,
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a tmp é"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_data_folder_is_private_and_goes_whole(temporary: Path) -> None:
    held = make_data_folder()
    folder = held.folder
    assert folder.root.parent == temporary
    assert folder.root.name.startswith(PREFIX)
    assert folder.root.stat().st_mode & 0o077 == 0
    assert all(part.is_dir() for part in (folder.engine, folder.home / "tmp", folder.scratch))
    delete_data_folder(folder)
    delete_data_folder(folder)
    held.let_go()
    assert list(temporary.iterdir()) == []


def test_a_folder_is_stale_when_nobody_holds_it() -> None:
    held, other = make_data_folder(), make_data_folder()
    assert delete_stale_folders() == []

    held.let_go()

    assert delete_stale_folders() == [held.folder.root]
    assert not held.folder.root.exists()
    assert other.folder.root.exists()
    other.let_go()


KILLED = """
import os, subprocess, sys, tempfile
tempfile.tempdir = sys.argv[1]
from cdk_sagemaker_mlops.local.data_folder import make_data_folder
held = make_data_folder()
engine = subprocess.Popen(["sleep", "60"], pass_fds=(held.lock,), stdout=subprocess.DEVNULL)
print(engine.pid, held.folder.root, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_killed_run_s_folder_is_stale_once_its_engine_has_ended(temporary: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, temporary], stdout=subprocess.PIPE, text=True, check=False
    )
    assert killed.returncode == -9
    pid, root = killed.stdout.strip().split(" ", 1)
    # The engine still holds it.
    assert delete_stale_folders() == []

    os.kill(int(pid), 9)

    for _attempt in range(200):
        if delete_stale_folders() == [Path(root)]:
            break
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["other-folder", f"{PREFIX}without-a-lock"])
def test_what_is_no_data_folder_stays(name: str, temporary: Path) -> None:
    (temporary / name).mkdir()
    assert delete_stale_folders() == []
    assert (temporary / name).is_dir()


def test_a_link_in_place_of_the_lock_is_not_followed(temporary: Path) -> None:
    (temporary / "precious").touch()
    (temporary / f"{PREFIX}trap").mkdir()
    (temporary / f"{PREFIX}trap" / "lock").symlink_to(temporary / "precious")
    assert delete_stale_folders() == []
