"""Runs one program to its end, line by line, and never leaves it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.local.interruption import shielded

_SECONDS_TO_END = 3.0


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a program ended.

    Args:
        exit_code: What it returned; negative is the signal that ended it.
        lines: Everything it wrote on both of its outputs, in order, without line ends.
    """

    exit_code: int
    lines: tuple[str, ...]


def run_to_end(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Finished:
    """Runs ``command`` in a process group of its own and hands on each line as it is written.

    A terminal's Ctrl-C does not reach the new group: whatever exception interrupts the wait, the group is
    ended before the exception goes on.

    Args:
        command: Program and arguments.
        folder: Working folder.
        environment: The program's whole environment.
        on_line: Receives each line.
    """
    lines: list[str] = []
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                on_line(lines[-1])
            exit_code = process.wait()
        finally:
            end_group(process)
    return Finished(exit_code=exit_code, lines=tuple(lines))


def end_group(process: subprocess.Popen[str]) -> None:
    """Ends ``process`` and whatever it started: politely, then not."""
    with shielded():
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_SECONDS_TO_END)
        _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    # The group may be gone; on macOS a group of zombies answers EPERM.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
