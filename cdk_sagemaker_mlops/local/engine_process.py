"""Starts the local engine as a process of its own, and ends it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cdk_sagemaker_mlops.errors import LocalRunError, Problem

# What the engine may know of the environment it is started in: no credentials, no paths to other packages.
_PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
_START_SECONDS = 60.0
_END_SECONDS = 5.0
_SHOWN_LINES = 12


class EngineProcess:
    """The local engine, running; as a context manager it ends when the block does.

    The engine listens on loopback, keeps everything it writes in ``data_dir``, and ends within five seconds
    when it is stopped or when this process dies. The caller deletes ``data_dir``.

    Args:
        data_dir: Folder for the engine's files, its log ``engine.log`` among them.
        lambda_python: Interpreter that Python functions run with, as
            :func:`~cdk_sagemaker_mlops.local.lambda_python.lambda_python` gives it.
        node_dir: Folder of the ``node`` that Node functions run with. Default: ``None``, the one on ``PATH``.
        node_path: Folder of the Node modules that Lambda's runtime carries. Default: ``None``, there are
        none.
        port: Port to listen on. Default: ``0``, a free one.
        region: Region of requests, unless they name another. Default: ``'us-east-1'``.
        detached: Whether the engine goes on when this process ends. Default: ``False``.
        held: File descriptors that the engine holds open too, and so whatever lock is on them. Default:
            ``()``.
        iam: Whether roles' policies are enforced. Default: ``False``.
        time_scale: Factor on the waits of endpoint deployments, such as bake times, 0 to 1. Default:
            ``None``, the engine's own, by which ten minutes take a second.

    Raises:
        LocalRunError: The engine does not start; the text ends with what it said.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        lambda_python: Path,
        node_dir: Path | None = None,
        node_path: Path | None = None,
        port: int = 0,
        region: str = "us-east-1",
        detached: bool = False,
        held: tuple[int, ...] = (),
        iam: bool = False,
        time_scale: float | None = None,
    ) -> None:
        self.region = region
        self.log_path = data_dir / "engine.log"
        self._data_dir = data_dir
        data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "cdk_sagemaker_mlops.local.engine", "--data-dir", str(data_dir)]
        command += ["--lambda-python", str(lambda_python), "--port", str(port), "--region", region]
        command += [] if node_dir is None else ["--node-dir", str(node_dir)]
        command += [] if node_path is None else ["--node-path", str(node_path)]
        command += [] if detached else ["--watch-stdin"]
        command += ["--iam"] if iam else []
        command += [] if time_scale is None else ["--time-scale", str(time_scale)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=child_environment(os.environ),
                # Held open by this process only: when it dies, however it dies, the engine reads the end of
                # it.
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A group of its own: Ctrl-C in a terminal is for this process, which then stops the engine.
                start_new_session=True,
                pass_fds=held,
            )
        try:
            self.port = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the engine's process group."""
        return self._process.pid

    @property
    def endpoint_url(self) -> str:
        """Address that answers every AWS call."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point boto3, the AWS CLI and the CDK CLI at the engine.

        Other ``AWS_*`` variables must not be set beside them: ``AWS_PROFILE``, say, would bring credentials
        back.
        """
        return client_environment(self.endpoint_url, self.region, self._data_dir)

    def _wait_until_ready(self) -> int:
        output = self._process.stdout
        if output is None:  # pragma: no cover - it was opened as a pipe
            raise AssertionError
        first: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=lambda: first.put(output.readline()), daemon=True).start()
        try:
            line = first.get(timeout=_START_SECONDS)
        except queue.Empty:
            raise self._start_error(f"answer within {_START_SECONDS:.0f} seconds") from None
        if not line:
            self._process.wait()
            raise self._start_error("start")
        told = json.loads(line)
        if "problems" in told:
            raise LocalRunError(*(Problem(**problem) for problem in told["problems"]))
        return int(told["port"])

    def _start_error(self, rule: str) -> LocalRunError:
        return self._error("EngineNotStarted", rule)

    def _error(self, code: str, rule: str) -> LocalRunError:
        lines = self.log_path.read_text(errors="replace").strip().splitlines()
        # The log goes with the data folder: what it said is told here.
        said = "\n".join(lines[-_SHOWN_LINES:])
        return LocalRunError(
            Problem(
                code=code,
                parameter="local engine",
                rule=rule,
                value=self._process.poll(),
                fix=f"see the last it said:\n{said}" if said else "run it again; it said nothing",
            )
        )

    def check(self) -> None:
        """Checks that the engine runs.

        Raises:
            LocalRunError: It has ended by itself; the text ends with what it said.
        """
        if self._process.poll() is not None:
            raise self._error("EngineEnded", "run until it is stopped")

    def stop(self) -> None:
        """Ends the engine and everything it started; does nothing when it has ended."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        end_group(self._process.pid)
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def end_engine(pid: int) -> None:
    """Ends a detached engine by its process id; does nothing when it has ended.

    Args:
        pid: :attr:`EngineProcess.pid`, from the session that started it.
    """
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    _wait_for_end(pid, _END_SECONDS)
    end_group(pid)


def _wait_for_end(pid: int, seconds: float) -> None:
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        waited.wait(0.05)


def end_group(group: int) -> None:
    """Kills what is left of a process group that an engine led."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nothing is left; macOS says so by PermissionError when only zombies are.
        return


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that the engine is started with."""
    return {name: environment[name] for name in _PASSED_ON if name in environment}


def client_environment(endpoint_url: str, region: str, data_dir: Path) -> dict[str, str]:
    """Variables that point AWS clients at an engine and at nothing else.

    Args:
        endpoint_url: Address of the engine.
        region: Region to work in.
        data_dir: Folder of the engine's files, where no AWS configuration is.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # The user's own profiles must not be read: one may name another region, endpoint or credential
        # process.
        "AWS_CONFIG_FILE": str(data_dir / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(data_dir / "no-aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
