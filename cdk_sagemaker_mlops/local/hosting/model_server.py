"""A model, served by a process of its own."""

from __future__ import annotations

import http.client
import json
import sys
import time
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution.job_environment import job_environment
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess, log_tail
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl, best_opt_ml
from cdk_sagemaker_mlops.local.hosting.artifact import ArtifactError, code_location, unpack

# InvokeEndpoint waits this long for a container.
_INVOCATION_TIMEOUT = 60

_LOG_LINES = 15
_POLL_SECONDS = 0.05


class ModelLoadError(Exception):
    """A model cannot be served; the text is the reason, in the model's own words where it has any."""


class ModelServer:
    """Serves one model artifact under the containers' contract.

    The process runs the package's ``SAGEMAKER_PROGRAM`` with ``sagemaker-inference`` and the defaults of
    AWS's scikit-learn container, on a loopback port. It ends when this process does. A ``requirements.txt``
    beside the program is not installed: the model runs with this environment's packages.

    Args:
        model_artifact: A ``model.tar.gz``.
        environment: The model package's ``Environment``.
        workdir: Folder for the unpacked artifact and the log; the caller deletes it.
        opt_ml: How the process sees its files at ``/opt/ml``. Default: the exact way if this system allows
            it.
    """

    def __init__(
        self,
        *,
        model_artifact: Path,
        environment: dict[str, str],
        workdir: Path,
        opt_ml: OptMl | None = None,
    ) -> None:
        self._artifact = model_artifact
        self._environment = dict(environment)
        self._workdir = workdir
        self._log = workdir / "server.log"
        self._opt_ml = opt_ml
        self._process: JobProcess | None = None
        self._port: int | None = None

    def start(self, timeout: float = 60) -> None:
        """Loads the model, and returns when it answers ``/ping``.

        Args:
            timeout: Most seconds it may take. Default: ``60``.

        Raises:
            ModelLoadError: The artifact cannot be read, the program fails, or it takes longer.
        """
        deadline = time.monotonic() + timeout
        ready_file = self._workdir / "ready.json"
        ready_file.unlink(missing_ok=True)
        try:
            self._launch(ready_file)
            self._port = self._await_port(ready_file, deadline, timeout)
            status, _, _ = self._request("GET", "/ping", timeout=max(deadline - time.monotonic(), 1))
        except (ModelLoadError, ArtifactError) as error:
            self.stop()
            raise ModelLoadError(str(error)) from error
        if status != http.client.OK:
            self.stop()
            raise ModelLoadError(f"the model must answer /ping with 200, got {status}; see its log")

    def invoke(self, body: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Sends a request to the model.

        A process that has died or does not answer is an answer too: 500 or 504, as a container's failure is
        to InvokeEndpoint.

        Args:
            body: The request's body.
            content_type: Its content type; empty for JSON.
            accept: Content type asked for; empty for the model's default.

        Returns:
            HTTP status, content type and body of the response.
        """
        headers = {"Content-Type": content_type, "Accept": accept}
        return self._request("POST", "/invocations", body, {k: v for k, v in headers.items() if v})

    def logs(self) -> str:
        """Returns the last 200 lines that the process has written."""
        return log_tail(self._log)

    def stop(self) -> None:
        """Ends the process; returns when it has ended. Does nothing when it has."""
        process, self._process, self._port = self._process, None, None
        if process is not None:
            process.stop()

    def _launch(self, ready_file: Path) -> None:
        opt_ml = best_opt_ml() if self._opt_ml is None else self._opt_ml
        program, folder = code_location(self._environment)
        self._workdir.mkdir(parents=True, exist_ok=True)
        model = self._workdir / "opt" / "ml" / "model"
        unpack(self._artifact, model)
        opt_ml.stage(self._workdir, model)
        environment = {
            **job_environment(
                folder=self._workdir,
                region=self._environment.get("SAGEMAKER_REGION", "us-east-1"),
                account="000000000000",
            ),
            **self._environment,
            "SAGEMAKER_PROGRAM": program,
            "SAGEMAKER_SUBMIT_DIRECTORY": folder,
            "SAGEMAKER_BASE_DIR": "/opt/ml",
        }
        self._process = JobProcess(
            command=[
                *(sys.executable, "-m", "cdk_sagemaker_mlops.local.hosting.server"),
                *("--model-dir", f"{opt_ml.seen_path(self._workdir)}/model", "--ready-file", str(ready_file)),
            ],
            environment={name: opt_ml.text(self._workdir, value) for name, value in environment.items()},
            folder=self._workdir,
            log=self._log,
            opt_ml=opt_ml,
            grace=2,
        )
        self._process.start()

    def _await_port(self, ready_file: Path, deadline: float, timeout: float) -> int:
        while not ready_file.exists():
            code = None if self._process is None else self._process.poll()
            if code is not None and not ready_file.exists():
                raise ModelLoadError(f"the model's process ended with exit code {code}; {self._last_lines()}")
            if time.monotonic() > deadline:
                raise ModelLoadError(
                    f"the model did not load within {timeout:g} seconds; {self._last_lines()}"
                )
            time.sleep(_POLL_SECONDS)
        answer: dict[str, Any] = json.loads(ready_file.read_text())
        if "error" in answer:
            raise ModelLoadError(answer["error"])
        return int(answer["port"])

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = _INVOCATION_TIMEOUT,
    ) -> tuple[int, str, bytes]:
        if self._port is None:
            return 500, "text/plain", b"the model is not served: its server was stopped"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request(method, path, body, {} if headers is None else headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Content-Type", ""), response.read()
        except TimeoutError:
            return 504, "text/plain", f"the model did not answer within {timeout:g} seconds".encode()
        except (OSError, http.client.HTTPException) as error:
            code = None if self._process is None else self._process.poll()
            ended = f"the model's process ended with exit code {code}" if code is not None else str(error)
            return 500, "text/plain", f"{ended}; {self._last_lines()}".encode()
        finally:
            connection.close()

    def _last_lines(self) -> str:
        lines = self.logs().splitlines()[-_LOG_LINES:]
        return "last lines of its log:\n" + "\n".join(lines) if lines else "its log is empty"
