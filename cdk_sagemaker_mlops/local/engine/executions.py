"""The pipeline executions that run, or ran, in this engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from cdk_sagemaker_mlops.local.engine.job_logs import JobLogs
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.storage import Storage


class Run(Protocol):
    """One execution of a pipeline definition; ``local.execution.PipelineRun`` is one."""

    def start(self) -> None:
        """Begins, on threads of its own."""
        ...

    def stop(self) -> None:
        """Ends running jobs and starts no more."""
        ...

    def wait(self, timeout: float | None = None) -> None:
        """Returns when the run has ended, or after ``timeout`` seconds."""
        ...

    @property
    def status(self) -> str:
        """``Executing``, ``Stopping``, ``Stopped``, ``Failed`` or ``Succeeded``."""
        ...

    @property
    def failure_reason(self) -> str | None:
        """Why the run failed."""
        ...

    def steps(self) -> list[dict[str, Any]]:
        """The steps that have begun, in the API's shape."""
        ...

    def logs(self, step_name: str) -> str:
        """What a step's job printed."""
        ...


class RegistryPort(Protocol):
    """The SageMaker control plane, by operation name, for a run's own calls."""

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Makes one call; raises ``ApiError``."""
        ...


class LaunchRun(Protocol):
    """Makes a run; raises ``ValueError`` when a parameter is unknown, missing or of a wrong type."""

    def __call__(
        self,
        *,
        definition: dict[str, Any],
        parameters: dict[str, str],
        pipeline_name: str,
        pipeline_arn: str,
        execution_arn: str,
        region: str,
        account: str,
        role_arn: str,
        storage: Storage,
        registry: RegistryPort,
        workdir: Path,
        on_change: Callable[[], None],
        max_parallel_steps: int | None,
    ) -> Run:
        """A run that has not begun."""
        ...


class Executions:
    """Runs by execution ARN.

    Args:
        workdir: Folder that the runs' files are kept under, one folder each.
        launch: Makes a run.
        logs: Where the logs of ended jobs go. Default: ``None``, only :meth:`log` gives them.
    """

    def __init__(self, workdir: Path, launch: LaunchRun, logs: JobLogs | None = None) -> None:
        self.launch = launch
        self._logs = logs
        self._workdir = workdir
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def workdir(self, execution_arn: str) -> Path:
        """Folder of one run."""
        return self._workdir / execution_id(execution_arn)

    def add(self, execution_arn: str, run: Run) -> None:
        """Keeps a run, so that it can be asked for and is ended with the engine."""
        with self._lock:
            self._runs[execution_arn] = run

    def get(self, execution_arn: str) -> Run:
        """The run of an execution."""
        with self._lock:
            return self._runs[execution_arn]

    def log(self, identifier: str, step_name: str) -> str | None:
        """What a step of an execution printed; ``None`` when there is no such execution or step.

        Args:
            identifier: Last part of the execution's ARN.
            step_name: Name of the step.
        """
        with self._lock:
            run = next((run for arn, run in self._runs.items() if execution_id(arn) == identifier), None)
        if run is None or step_name not in {step["StepName"] for step in run.steps()}:
            return None
        return run.logs(step_name)

    def publish_logs(self, scope: Scope, execution_arn: str) -> None:
        """Puts the logs of an execution's ended jobs where AWS clients look for them."""
        if self._logs is not None:
            run = self.get(execution_arn)
            self._logs.publish(scope, run.steps(), run.logs)

    def close(self, timeout: float) -> None:
        """Ends every run, waiting up to ``timeout`` seconds for each."""
        with self._lock:
            running = [run for run in self._runs.values() if run.status in ("Executing", "Stopping")]
        for run in running:
            run.stop()
        for run in running:
            run.wait(timeout)


def execution_id(execution_arn: str) -> str:
    """Last part of an execution's ARN."""
    return execution_arn.rsplit("/", 1)[1]
