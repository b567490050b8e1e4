"""Remembers the engines that `cdk-mlops local up` left running: one record for each app."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cdk_sagemaker_mlops.local.data_folder import DataFolder, delete_data_folder

WAITING = "Another command is working on this app: waiting for its end."
"""What to say before :func:`only_command` waits."""

_FOLDER = "sessions"


@dataclass(frozen=True, kw_only=True)
class Session:
    """A running engine.

    Args:
        app: Absolute path of the app's folder.
        pid: Its process.
        endpoint_url: Its address.
        environment: Variables that point AWS clients at it.
        account: Account that the app is deployed to.
        regions: Regions that the app is deployed to.
        stacks: Names of the stacks deployed to it.
        data_folder: Where it writes.
        iam: Whether it enforces IAM policies.
        started: When it started, in ISO 8601.
    """

    app: str
    pid: int
    endpoint_url: str
    environment: Mapping[str, str]
    account: str
    regions: tuple[str, ...]
    stacks: tuple[str, ...]
    data_folder: str
    iam: bool
    started: str

    @property
    def data(self) -> DataFolder:
        """Where it writes."""
        return DataFolder(root=Path(self.data_folder))

    @property
    def client_environment(self) -> dict[str, str]:
        """Variables that point AWS clients at it, in the app's account."""
        return {**self.environment, "AWS_ACCESS_KEY_ID": self.account}


def save_session(cache: Path, session: Session) -> None:
    """Writes the record; a reader never sees half of it."""
    file = _file(cache, session.app)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(session)), "utf-8")
    draft.replace(file)


def forget_session(cache: Path, session: Session) -> None:
    """Deletes the record; it need not exist."""
    _file(cache, session.app).unlink(missing_ok=True)


def live_session(cache: Path, app: Path) -> Session | None:
    """Reads the record of the engine that runs an app.

    A record whose engine has ended, after a restart of the machine for example, is deleted with its data.

    Args:
        cache: Folder of the caches.
        app: Absolute path of the app's folder.

    Returns:
        ``None`` when no engine runs it.
    """
    return _live(cache, _file(cache, str(app)))


def live_sessions(cache: Path) -> tuple[Session, ...]:
    """Reads the records of all engines that run, the oldest first."""
    found = (_live(cache, file) for file in (cache / _FOLDER).glob("*.json"))
    return tuple(sorted((session for session in found if session is not None), key=lambda one: one.started))


@contextmanager
def only_command(cache: Path, app: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Keeps other commands from starting or ending the engine of the same app while the block runs.

    Args:
        cache: Folder of the caches.
        app: Absolute path of the app's folder.
        on_wait: Called before it waits for another command.
    """
    lock = _file(cache, str(app)).with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _file(cache: Path, app: str) -> Path:
    return cache / _FOLDER / f"{hashlib.sha256(os.fsencode(app)).hexdigest()[:16]}.json"


def _live(cache: Path, file: Path) -> Session | None:
    session = _read(file)
    if session is not None and not is_running(session):
        delete_data_folder(session.data)
        forget_session(cache, session)
        return None
    return session


def _read(file: Path) -> Session | None:
    try:
        content = json.loads(file.read_text("utf-8"))
        lists = {name: tuple(content[name]) for name in ("stacks", "regions")}
        return Session(**{**content, **lists})
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
