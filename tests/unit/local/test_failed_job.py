"""What is kept of a failed job, and for how long."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.data_folder import DataFolder
from cdk_sagemaker_mlops.local.failed_job import job_folder, keep_job_folder

ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/"


def failed(data: DataFolder, execution: str, step: str = "Train") -> Path:
    folder = data.engine / "executions" / execution / step
    (folder / "opt" / "ml").mkdir(parents=True)
    (folder / "job.log").write_text(execution)
    # As old as what it was given.
    os.utime(folder, (0, 0))
    return folder


def test_the_folder_of_a_job_is_moved_out_of_the_engine_s_data(tmp_path: Path) -> None:
    data = DataFolder(root=tmp_path / "data é")
    folder = failed(data, "abc")
    assert job_folder(data, f"{ARN}abc", "Train") == folder

    kept = keep_job_folder(folder, tmp_path / "a cache")

    assert kept == tmp_path / "a cache" / "failed-jobs" / "abc-Train"
    assert kept.parent.stat().st_mode & 0o077 == 0
    assert ((kept / "job.log").read_text(), (kept / "opt" / "ml").is_dir()) == ("abc", True)
    assert not folder.exists()
    assert job_folder(data, f"{ARN}abc", "Train") is None


def test_a_step_without_a_job_has_no_folder(tmp_path: Path) -> None:
    data = DataFolder(root=tmp_path)
    (data.engine / "executions" / "abc" / "Register").mkdir(parents=True)
    assert job_folder(data, f"{ARN}abc", "Register") is None
    assert job_folder(data, f"{ARN}abc", "Unknown") is None


def test_the_last_five_are_kept(tmp_path: Path) -> None:
    data = DataFolder(root=tmp_path / "data")
    cache = tmp_path / "cache"
    for number in range(7):
        kept = keep_job_folder(failed(data, f"number{number}"), cache)
        assert kept is not None
        os.utime(kept, (number, number))
    assert sorted(path.name for path in (cache / "failed-jobs").iterdir()) == [
        f"number{number}-Train" for number in range(2, 7)
    ]


def test_nothing_is_kept_where_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataFolder(root=tmp_path / "data")
    folder = failed(data, "abc")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "move", full)
    assert keep_job_folder(folder, tmp_path / "cache") is None
    assert list((tmp_path / "cache" / "failed-jobs").iterdir()) == []
