"""The console script, run as a user runs it: in a process of its own, with folders of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from cdk_sagemaker_mlops.config.cache_folder import cache_folder
from cdk_sagemaker_mlops.local import toolchain
from cdk_sagemaker_mlops.local.lambda_python import lambda_python

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    out: str
    err: str
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        """Its standard output, which must be exactly one JSON object."""
        return json.loads(self.out)


@dataclass
class Running:
    """A command that runs."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)

    def wait_for(self, text: str, timeout: float = 120) -> None:
        """Waits until a line on standard error holds ``text``."""
        until = time.monotonic() + timeout
        while not any(text in line for line in self.lines):
            if self.process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"no {text!r} in\n{''.join(self.lines)}")
            time.sleep(0.05)

    def give_up(self) -> None:
        """Ends the command, unless it was waited for."""
        if not self.process.stdout.closed:
            self.process.terminate()
            self.end()

    def end(self, timeout: float = 180) -> Ended:
        """Waits for the command's own end."""
        try:
            self.process.wait(timeout)
        finally:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(30)
            self._reader.join()
        out = self.process.stdout.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return Ended(self.process.returncode, out, "".join(self.lines), time.monotonic() - self.began)


@dataclass(frozen=True)
class Command:
    """``cdk-mlops`` with a temporary folder of its own."""

    temporary: Path
    cache: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell might hold, some of it in the way."""
        return {
            **os.environ,
            "TMPDIR": str(self.temporary),
            "CDK_MLOPS_CACHE": str(self.cache),
            "AWS_PROFILE": "does-not-exist",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            # As for a user: finished definitions are kept, in the cache above.
            "CDK_MLOPS_DEFINITION_CACHE": "",
            **self.variables,
        }

    @contextmanager
    def running(self, *arguments: str | Path) -> Iterator[Running]:
        """Runs ``cdk-mlops local ...`` while the block runs, which may end it itself."""
        script = Path(sys.executable).parent / "cdk-mlops"
        running = Running(
            subprocess.Popen(
                [script, "local", *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                env=self.environment,
                cwd=self.temporary.parent,
                start_new_session=True,
            )
        )
        try:
            yield running
        finally:
            running.give_up()

    def __call__(self, *arguments: str | Path) -> Ended:
        """Runs ``cdk-mlops local ...`` to its end."""
        with self.running(*arguments) as running:
            return running.end()

    def pytest(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs pytest in a folder, as a user of the plugin does."""
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
                *("--basetemp", str(self.temporary.parent / "pytest"), *arguments),
            ],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def processes(self) -> list[str]:
        """Every process that has to do with the temporary folder."""
        found = []
        for process in psutil.process_iter():
            try:
                words = [*process.cmdline(), *process.environ().values(), process.cwd()]
            except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            if any(str(self.temporary) in word for word in words):
                found.append(" ".join(process.cmdline()))
        return found

    def wait_for_process(self, text: str, timeout: float = 60) -> None:
        """Waits until a process of this command's has ``text`` in its command line."""
        until = time.monotonic() + timeout
        while not any(text in process for process in self.processes()):
            if time.monotonic() > until:
                pytest.fail(f"no process with {text!r} in {self.processes()}")
            time.sleep(0.1)

    def wait_until_none_runs(self, timeout: float = 15) -> None:
        """Waits until no process of this command's is left."""
        until = time.monotonic() + timeout
        while self.processes():
            if time.monotonic() > until:
                pytest.fail(f"still running: {self.processes()}")
            time.sleep(0.1)

    def left_behind(self) -> list[str]:
        """Every process and file that is left."""
        return [*self.processes(), *(str(path) for path in self.temporary.iterdir())]


# What may be shared: each is safe for several processes at once, and slow to make.
SHARED = ("jsii", "pycache", "node-compile-cache", "definitions")


@pytest.fixture(scope="session")
def tool_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Caches that outlive the tests, with records of running engines of this worker's own.

    Commands such as ``down`` mean every engine of a cache: another worker's must not be among them.
    """
    shared = cache_folder(os.environ, Path.home()) / "tests"
    # Here, because the commands under test have a dead proxy in their environment, which npm would use.
    toolchain.prepare(shared, environment=os.environ, on_detail=lambda text: None)
    lambda_python(shared)
    cache = tmp_path_factory.mktemp("cache")
    for name in SHARED:
        (shared / name).mkdir(exist_ok=True)
    for entry in shared.iterdir():
        if entry.name in SHARED or entry.name.startswith(("node-", "lambda-python-")):
            (cache / entry.name).symlink_to(entry)
    return cache


@pytest.fixture(scope="session")
def quickstart() -> Path:
    """The example, untouched."""
    return QUICKSTART


@pytest.fixture(scope="module")
def cdk_mlops(tmp_path_factory: pytest.TempPathFactory, tool_cache: Path) -> Iterator[Command]:
    """The command, with spaces and more in its temporary folder's name."""
    temporary = tmp_path_factory.mktemp("local run é") / "tmp"
    temporary.mkdir()
    command = Command(temporary, tool_cache)
    yield command
    command("down")
    assert command.left_behind() == []
