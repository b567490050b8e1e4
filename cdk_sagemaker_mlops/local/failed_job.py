"""The folder of a job that failed, kept for whoever wants to look."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from cdk_sagemaker_mlops.local.data_folder import DataFolder

FOLDER = "failed-jobs"
"""Folder of the caches that the folders of failed jobs are moved to."""

_KEPT = 5


def job_folder(data: DataFolder, execution_arn: str, step_name: str) -> Path | None:
    """Finds the folder of a step's job: its ``/opt/ml``, its log ``job.log``, its working folder.

    Args:
        data: The engine's data folder.
        execution_arn: ARN of the execution.
        step_name: Name of the step.

    Returns:
        ``None`` when the step has none.
    """
    folder = data.engine / "executions" / execution_arn.rpartition("/")[2] / step_name
    return folder if (folder / "job.log").is_file() else None


def keep_job_folder(folder: Path, cache: Path) -> Path | None:
    """Moves the folder of a failed job out of the engine's data, which is deleted with the engine.

    The folders of the last five failed jobs are kept.

    Args:
        folder: The folder, in the engine's data.
        cache: Folder of the caches.

    Returns:
        Where it is now; ``None`` when there is no room for it.
    """
    place = cache / FOLDER
    kept = place / f"{folder.parent.name}-{folder.name}"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(folder, kept)
        # Its age is the time at which it failed, not that of the files it was given.
        kept.touch()
    except OSError:
        shutil.rmtree(kept, ignore_errors=True)
        return None
    _delete_older(place)
    return kept


def _delete_older(place: Path) -> None:
    folders: list[tuple[float, Path]] = []
    for folder in place.iterdir():
        # Another run may delete the same.
        with contextlib.suppress(FileNotFoundError):
            folders.append((folder.stat().st_mtime, folder))
    for _age, folder in sorted(folders)[:-_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
