"""One job as a process: started, timed, stopped, and its log kept."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from cdk_sagemaker_mlops.local.execution.failures import StepStoppedError
from cdk_sagemaker_mlops.local.execution.opt_ml import LAUNCHER, OptMl

# Seconds a job has between SIGTERM and SIGKILL. SageMaker gives 120; nobody waits that long at a terminal.
GRACE_IN_SECONDS = 5.0

_TAIL_BYTES = 256 * 1024
_TAIL_LINES = 200


class JobTimeoutError(Exception):
    """The job ran longer than it may, and was ended."""


class JobProcess:
    """Runs a command that sees ``folder/opt/ml`` at ``/opt/ml``. Thread-safe.

    Args:
        command: The command and its arguments.
        environment: Its whole environment.
        folder: The job's folder; the command starts in ``folder/work``.
        log: File that takes its standard output and standard error, in the order written; a log of more than
            16 MiB loses its middle.
        opt_ml: How ``/opt/ml`` is shown.
        grace: Seconds between asking it to end and killing it. Default: ``5.0``.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        opt_ml: OptMl,
        grace: float = GRACE_IN_SECONDS,
    ) -> None:
        self._command = [
            *(sys.executable, "-I", "-S", str(LAUNCHER), "--grace", str(grace)),
            *("--log", str(log)),
            *opt_ml.launcher_options(folder),
            *("--", *command),
        ]
        self._environment = dict(environment)
        self._folder = folder
        self._log = log
        self._grace = grace
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def start(self) -> None:
        """Starts it and returns at once.

        Raises:
            StepStoppedError: :meth:`stop` was called before.
        """
        work = self._folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        with self._lock, self._log.open("ab") as log:
            if self._stopped:
                raise StepStoppedError
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=work,
                start_new_session=True,
            )

    def wait(self, timeout: float | None = None) -> int:
        """Waits until it ends, and returns its exit code: 128 + N when signal N ended it.

        Args:
            timeout: Seconds it may run. Default: ``None``, any time.

        Raises:
            JobTimeoutError: It ran longer, and was ended.
            StepStoppedError: :meth:`stop` ended it.
        """
        process = self._started()
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._end(process)
            raise JobTimeoutError from None
        finally:
            if process.stdin is not None:
                process.stdin.close()
        if self._stopped:
            raise StepStoppedError
        return code

    def poll(self) -> int | None:
        """Returns its exit code, or ``None`` while it runs."""
        return self._started().poll()

    def stop(self) -> None:
        """Ends it and everything it started; returns when it has ended. Does nothing when it has."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            self._end(process)
            if process.stdin is not None:
                process.stdin.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the job was not started")
        return self._process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Asks the launcher to end the command, which takes ``grace`` seconds at most."""
        process.terminate()
        try:
            process.wait(self._grace + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def log_tail(path: Path) -> str:
    """Returns the last 200 lines of a log, and no more than 256 KB of it; nothing when there is no log."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-_TAIL_LINES:])
