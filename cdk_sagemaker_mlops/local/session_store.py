"""Remembers the engine that `cdk-mlops local up` left running."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cdk_sagemaker_mlops.local.data_folder import DataFolder, delete_data_folder

_FILE = "session.json"


@dataclass(frozen=True, kw_only=True)
class Session:
    """A running engine.

    Args:
        pid: Its process.
        endpoint_url: Its address.
        environment: Variables that point AWS clients at it.
        data_folder: Where it writes.
        stacks: Names of the stacks deployed to it.
    """

    pid: int
    endpoint_url: str
    environment: Mapping[str, str]
    data_folder: str
    stacks: tuple[str, ...]

    @property
    def data(self) -> DataFolder:
        """Where it writes."""
        return DataFolder(root=Path(self.data_folder))


def save_session(cache: Path, session: Session) -> None:
    """Writes the record; a reader never sees half of it."""
    cache.mkdir(parents=True, exist_ok=True)
    draft = cache / f"{_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(session)), "utf-8")
    draft.replace(cache / _FILE)


def forget_session(cache: Path) -> None:
    """Deletes the record; it need not exist."""
    (cache / _FILE).unlink(missing_ok=True)


def live_session(cache: Path) -> Session | None:
    """Reads the record of an engine that runs.

    A record whose engine has ended, after a restart of the machine for example, is deleted with its data.

    Returns:
        ``None`` when no engine runs.
    """
    session = _read(cache)
    if session is not None and not is_running(session):
        delete_data_folder(session.data)
        forget_session(cache)
        return None
    return session


def _read(cache: Path) -> Session | None:
    try:
        content = json.loads((cache / _FILE).read_text("utf-8"))
        return Session(**{**content, "stacks": tuple(content["stacks"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_running(session: Session) -> bool:
    """Says whether the process of the record is still that engine, and not another that got its number."""
    return session.data_folder in _command_line(session.pid)


def _command_line(pid: int) -> str:
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    told = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout
