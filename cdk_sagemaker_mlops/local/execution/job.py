"""What processing and training jobs have in common: a folder, an environment, a process, a verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution.failures import StepFailedError, reason_with_log
from cdk_sagemaker_mlops.local.execution.job_environment import job_environment
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess, JobTimeoutError, log_tail
from cdk_sagemaker_mlops.local.execution.opt_ml import host_path
from cdk_sagemaker_mlops.local.execution.references import as_text
from cdk_sagemaker_mlops.local.execution.step_context import StepContext

# A job is one host here, whatever InstanceCount says; containers know it by this name.
HOST = "algo-1"

# CreateTrainingJob, CreateProcessingJob: what holds when the request has no StoppingCondition.
_DEFAULT_MAX_RUNTIME = 24 * 60 * 60


class Job:
    """One job of a step, on this machine.

    Args:
        context: The step it belongs to.
        kind: ``"ProcessingJob"`` or ``"TrainingJob"``.
        arn_kind: The word for it in ARNs.
    """

    def __init__(self, context: StepContext, *, kind: str, arn_kind: str) -> None:
        self.context = context
        self.name = context.resource_name
        self.arn = context.execution.resource_arn(arn_kind, self.name)
        self.folder = context.folder
        self.metadata = {kind: {"Arn": self.arn}}
        context.announce(self.metadata)

    def path(self, container_path: str) -> Path:
        """Returns where a path below ``/opt/ml`` lies on this machine, and makes it a folder."""
        path = host_path(self.folder, container_path)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write_config(self, container_path: str, documents: Mapping[str, Any]) -> None:
        """Writes one JSON file for each document into a folder of the job."""
        folder = self.path(container_path)
        for name, document in documents.items():
            (folder / f"{name}.json").write_text(json.dumps(document, indent=2))

    def resource_config(self, instance_type: str) -> dict[str, Any]:
        """Returns the content of ``resourceconfig.json``: the keys that toolkits and drivers read."""
        return {
            "current_host": HOST,
            "current_instance_type": instance_type,
            "current_group_name": "homogeneousCluster",
            "hosts": [HOST],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": instance_type,
                    "hosts": [HOST],
                }
            ],
            "network_interface_name": "eth0",
        }

    def run(
        self,
        command: Sequence[Any],
        *,
        environment: Mapping[str, Any],
        stopping_condition: Mapping[str, Any],
        failure_file: str,
    ) -> None:
        """Runs the job's command to its end.

        Args:
            command: The container's entry point and arguments.
            environment: The job's own variables.
            stopping_condition: The request's ``StoppingCondition``.
            failure_file: Path in the container where a job may leave the reason of its failure.

        Raises:
            StepFailedError: It ended with an exit code other than 0, or ran longer than it may.
            StepStoppedError: The execution was stopped.
        """
        max_runtime = int(stopping_condition.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME))
        opt_ml = self.context.opt_ml
        opt_ml.stage(self.folder, self.folder / "opt" / "ml")
        process = self._process(command, environment)
        self.context.attach(process)
        started = time.monotonic()
        process.start()
        try:
            code = process.wait(max_runtime)
        except JobTimeoutError:
            seconds = round(time.monotonic() - started)
            raise self._failed(
                f"MaxRuntimeExceeded: the job was ended after {seconds} s, because "
                f"StoppingCondition.MaxRuntimeInSeconds is {max_runtime}"
            ) from None
        if code != 0:
            raise self._failed(f"AlgorithmError: {self._said(failure_file)}exit code: {code}")
        opt_ml.collect(self.folder, self.folder / "opt" / "ml")

    def _process(self, command: Sequence[Any], environment: Mapping[str, Any]) -> JobProcess:
        opt_ml, execution = self.context.opt_ml, self.context.execution
        variables = {
            **job_environment(folder=self.folder, region=execution.region, account=execution.account),
            **self.context.environment,
            **{name: as_text(value) for name, value in environment.items()},
        }
        return JobProcess(
            command=[opt_ml.text(self.folder, as_text(part)) for part in command],
            environment={name: opt_ml.text(self.folder, value) for name, value in variables.items()},
            folder=self.folder,
            log=self.context.log,
            opt_ml=opt_ml,
        )

    def _said(self, failure_file: str) -> str:
        """Returns what the job left as its reason, on one line."""
        path = host_path(self.folder, failure_file)
        text = path.read_text(errors="replace") if path.is_file() else ""
        # The toolkit quotes the whole command line after its own verdict.
        lines = [line for line in text.splitlines() if not line.startswith("Command ")]
        said = " ".join(" ".join(lines).split())[:300]
        return f"{said}, " if said else ""

    def _failed(self, summary: str) -> StepFailedError:
        return StepFailedError(reason_with_log(summary, log_tail(self.context.log)))
