"""Runs one command in a process group of its own, and ends it with its parent.

This file is run as a script by a bare interpreter (``python -I -S launcher.py``), so it imports the
standard library only and nothing of this package.

* Standard input is a lifeline: when the parent closes it, or dies, the command is ended.
* SIGTERM to this process ends the command: SIGTERM to its process group, then SIGKILL after ``--grace``
  seconds.
* Whatever the command leaves running in its group is killed when it ends; on Linux, what has left the group
  too.
* ``--map FOLDER`` (Linux) shows ``FOLDER/opt/ml`` at ``/opt/ml`` to the command, and to nobody else.
* ``--log FILE`` takes what the command prints, and never grows beyond a few megabytes: of a longer log the
  beginning and the end are kept.

The exit code is the command's; 128 + N when signal N ended it, as a container runtime reports it; 126 when
the mapping is not possible and 127 when the command cannot be started.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

_MAPPING_FAILED = 126
_NOT_STARTED = 127

# A log that has grown to the first is cut to the other two: its beginning and its end.
_LARGEST_LOG, _KEPT_BEGINNING, _KEPT_END = 16 << 20, 1 << 20, 8 << 20

# Bytes that are held free for the log: what a job says when the disk is full is what one wants to know.
_RESERVE = 64 << 10

# Seconds in which the last of the output must arrive; a process that left the group may hold the pipe open.
_LAST_OUTPUT_SECONDS = 2.0

# From Linux's sched.h and mount.h.
_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
# From Linux's prctl.h.
_PR_SET_CHILD_SUBREAPER = 36


def map_opt_ml(folder: Path) -> None:
    """Puts ``folder/opt`` in the place of ``/opt``, in a user and mount namespace of this process.

    What ``/opt`` holds stays visible: each entry is bound into ``folder/opt`` first. Nothing outside this
    process and its children sees any of it, and no privilege is needed where the system allows user
    namespaces.

    Raises:
        OSError: The system does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    _check(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS), "unshare")
    # A user may map their own ids only, and only after giving up the right to change groups.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount(libc, "none", Path("/"), _MS_REC | _MS_PRIVATE)
    opt = folder / "opt"
    for entry in Path("/opt").iterdir():
        _show(libc, entry, opt / entry.name)
    _mount(libc, str(opt), Path("/opt"), _MS_BIND | _MS_REC)


def _show(libc: ctypes.CDLL, entry: Path, place: Path) -> None:
    """Makes ``entry`` of ``/opt`` visible at ``place``, unless it is ``/opt/ml`` itself."""
    if entry.name == "ml" or place.is_symlink():
        return
    if entry.is_symlink():
        place.symlink_to(entry.readlink())
        return
    if entry.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    _mount(libc, str(entry), place, _MS_BIND | _MS_REC)


def _mount(libc: ctypes.CDLL, source: str, target: Path, flags: int) -> None:
    result = libc.mount(os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None)
    _check(result, f"mount {target}")


def _check(result: int, action: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{action}: {os.strerror(code)}")


class BoundedLog:
    """A file that takes any amount of output.

    Args:
        path: The file; what it holds already stays.
        largest: Bytes at which its middle is left out. Default: 16 MiB.
    """

    def __init__(self, path: Path, largest: int = _LARGEST_LOG) -> None:
        self._path = path
        self._largest = largest
        self._file = path.open("ab", buffering=0)
        self._reserve = path.with_name(f"{path.name}.reserve")
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(bytes(_RESERVE))

    def write(self, data: bytes) -> None:
        """Appends output; where the disk is full, into the place that was held free for it, and then no more.

        The command never waits for its output to be taken.
        """
        try:
            self._append(data)
        except OSError:
            self.close()
            with contextlib.suppress(OSError):
                self._append(data)

    def close(self) -> None:
        """Gives up the place that was held free."""
        self._reserve.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        if self._file.tell() > self._largest:
            self._leave_out_the_middle()

    def _leave_out_the_middle(self) -> None:
        content = self._path.read_bytes()
        beginning = content[: content.find(b"\n", min(_KEPT_BEGINNING, self._largest // 4)) + 1]
        end = content[-min(_KEPT_END, self._largest // 2) :]
        left_out = len(content) - len(beginning) - len(end)
        beside = self._path.with_name(f"{self._path.name}.shorter")
        beside.write_bytes(b"%b[%d bytes of the log are left out here]\n%b" % (beginning, left_out, end))
        # Replaced, not cut: whoever reads it at this moment sees the one or the other.
        beside.replace(self._path)
        self._file.close()
        self._file = self._path.open("ab", buffering=0)


def supervise(command: list[str], grace: float, log: BoundedLog | None = None) -> int:
    """Runs ``command`` until it ends or has to; returns its exit code.

    Args:
        command: The command and its arguments.
        grace: Seconds between asking it to end and killing it.
        log: Takes its output. Default: ``None``, it goes where this process's goes.
    """
    wake = threading.Event()
    # A handler, not SIG_IGN: the command would inherit the latter.
    signal.signal(signal.SIGTERM, lambda *_: wake.set())
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=None if log is None else subprocess.PIPE,
            stderr=None if log is None else subprocess.STDOUT,
            process_group=0,
        )
    except OSError as error:
        _say(f"cannot start {command[0]!r}: {error}")
        return _NOT_STARTED
    threading.Thread(target=_watch_lifeline, args=(wake,), daemon=True).start()
    threading.Thread(target=_end_when_asked, args=(child, wake, grace), daemon=True).start()
    reader = threading.Thread(target=_keep_output, args=(child.stdout, log), daemon=True)
    reader.start()
    code = child.wait()
    _signal_group(child.pid, signal.SIGKILL)
    _end_adopted()
    reader.join(_LAST_OUTPUT_SECONDS)
    if log is not None:
        log.close()
    return code if code >= 0 else 128 - code


def adopt_orphans() -> None:
    """Makes the processes that the command leaves behind children of this one, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_adopted() -> None:
    tasks = Path("/proc/self/task")
    children = _children(tasks)
    while children:
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except PermissionError:
                # It has become another user's, by sudo for example, and is that user's to end.
                return
            os.waitpid(pid, 0)
        # Those whose parent has just ended.
        children = _children(tasks)


def _children(tasks: Path) -> list[int]:
    while True:
        try:
            return [int(pid) for file in tasks.glob("*/children") for pid in file.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            # A thread has just ended, and its children are another thread's now: read them all again.
            continue


def _keep_output(output: IO[bytes] | None, log: BoundedLog | None) -> None:
    if output is not None and log is not None:
        while data := os.read(output.fileno(), 1 << 16):
            log.write(data)


def _watch_lifeline(wake: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    wake.set()


def _end_when_asked(child: subprocess.Popen[bytes], wake: threading.Event, grace: float) -> None:
    wake.wait()
    _signal_group(child.pid, signal.SIGTERM)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Nobody is left (macOS says so with EPERM for a group of zombies).
        return


def _say(text: str) -> None:
    """Writes a line into the command's log."""
    sys.stderr.write(f"{text}\n")


def main(arguments: list[str]) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--map", type=Path, help="folder whose opt/ml is shown at /opt/ml")
    parser.add_argument("--log", type=Path, help="file that takes the command's output")
    parser.add_argument("--grace", type=float, default=5.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    if options.map is not None:
        try:
            map_opt_ml(options.map)
        except (OSError, AttributeError) as error:
            _say(f"cannot map /opt/ml: {error}")
            return _MAPPING_FAILED
    log = None if options.log is None else BoundedLog(options.log)
    adopt_orphans()
    return supervise(options.command, options.grace, log)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
