"""Runs one program to its end, line by line, and never leaves it behind, even when this process is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.local.execution.opt_ml import LAUNCHER
from cdk_sagemaker_mlops.local.interruption import shielded

# A program has the first to end when it is asked to, and the launcher, which then kills it, the second.
_GRACE_SECONDS = 2.0
_SECONDS_TO_END = 4.0
# More than anybody reads; a program that prints without end must not fill the memory.
_MOST_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a program ended.

    Args:
        exit_code: What it returned; 128 + N when signal N ended it, 127 when it could not be started.
        lines: What it wrote on both of its outputs, in order, without line ends; of more than 20,000 lines
            the last.
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
    ended before the exception goes on. The launcher in between ends it when this process dies.

    Args:
        command: Program and arguments.
        folder: Working folder.
        environment: The program's whole environment.
        on_line: Receives each line.
    """
    lines: deque[str] = deque(maxlen=_MOST_LINES)
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), "--grace", str(_GRACE_SECONDS), "--"]
    with subprocess.Popen(
        [*launcher, *(str(part) for part in command)],
        cwd=folder,
        env=dict(environment),
        # The launcher's lifeline; the program itself reads nothing.
        stdin=subprocess.PIPE,
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
