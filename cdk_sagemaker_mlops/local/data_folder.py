"""The folder that holds everything one local run writes, caches apart."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PREFIX = "cdk-mlops-"
"""How the folder's name starts; it stands in the temporary folder."""

_ATTEMPTS = 20
_LOCK = "lock"


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    """Where what is.

    Args:
        root: The folder itself.
    """

    root: Path

    @property
    def engine(self) -> Path:
        """The engine's own data."""
        return self.root / "engine"

    @property
    def home(self) -> Path:
        """The home folder of the CDK CLI and of the app."""
        return self.root / "home"

    def assembly(self, app: Path) -> Path:
        """The cloud assembly of an app.

        Args:
            app: Absolute path of the app's folder.
        """
        return self.root / "assemblies" / hashlib.sha256(os.fsencode(app)).hexdigest()[:16]

    @property
    def scratch(self) -> Path:
        """An empty working folder."""
        return self.root / "scratch"


@dataclass(frozen=True, kw_only=True)
class HeldFolder:
    """A data folder with a lock on it, which says that it is in use.

    Processes that inherit the lock hold it too, and the system lets go of it when the last of them has ended,
    however it ended.

    Args:
        folder: The folder.
        lock: File descriptor of the lock.
    """

    folder: DataFolder
    lock: int

    def let_go(self) -> None:
        """Gives the lock up in this process."""
        os.close(self.lock)


def make_data_folder() -> HeldFolder:
    """Makes a new data folder, readable by this user only, in the temporary folder."""
    while True:
        folder = DataFolder(root=Path(tempfile.mkdtemp(prefix=PREFIX)).resolve())
        lock = _lock(folder.root, create=True)
        if lock is not None:
            break
    for part in (folder.engine, folder.home / "tmp", folder.scratch, folder.root / "assemblies"):
        part.mkdir(parents=True)
    return HeldFolder(folder=folder, lock=lock)


def delete_data_folder(folder: DataFolder) -> None:
    """Deletes a data folder; it need not exist.

    A process that is just ending may still write into it: it is tried for two seconds.
    """
    for _attempt in range(_ATTEMPTS):
        with contextlib.suppress(OSError):
            shutil.rmtree(folder.root)
        if not folder.root.exists():
            return
        time.sleep(0.1)


def delete_stale_folders() -> list[Path]:
    """Deletes the data folders of this user that no process holds: their runs were killed.

    Returns:
        What was deleted.
    """
    deleted = []
    for root in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _lock(root, create=False)
        if lock is not None:
            delete_data_folder(DataFolder(root=root))
            os.close(lock)
            deleted.append(root)
    return deleted


def _lock(root: Path, *, create: bool) -> int | None:
    """Takes the lock of a folder; ``None`` when it has none, is another user's, or somebody holds it."""
    path = root / _LOCK
    try:
        if root.lstat().st_uid != os.getuid():
            return None
        lock = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0) | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it until now may have deleted the folder.
        if path.exists():
            return lock
    except OSError:
        pass
    os.close(lock)
    return None
