"""The folder that holds everything one local run writes, caches apart."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PREFIX = "cdk-mlops-"
"""How the folder's name starts; it stands in the temporary folder."""

_ATTEMPTS = 20


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

    @property
    def assembly(self) -> Path:
        """The cloud assembly."""
        return self.root / "assembly"

    @property
    def scratch(self) -> Path:
        """An empty working folder."""
        return self.root / "scratch"


def make_data_folder() -> DataFolder:
    """Makes a new data folder, readable by this user only, in the temporary folder."""
    folder = DataFolder(root=Path(tempfile.mkdtemp(prefix=PREFIX)).resolve())
    for part in (folder.engine, folder.home / "tmp", folder.scratch):
        part.mkdir(parents=True)
    return folder


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
