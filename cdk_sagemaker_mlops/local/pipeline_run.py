"""Runs a deployed pipeline on the engine, to its end or to an error that says where to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.deployed.pipeline_execution import (
    ExecutionState,
    StepState,
    execution_error,
    failed_step,
    follow_execution,
    start_execution,
)
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline
from cdk_sagemaker_mlops.local.deployment import Deployment
from cdk_sagemaker_mlops.local.engine_log import step_log
from cdk_sagemaker_mlops.local.engine_session import EngineSession
from cdk_sagemaker_mlops.local.failed_job import job_folder, keep_job_folder
from cdk_sagemaker_mlops.local.progress import Stages, StepChanged

_LOG_LINES = 40


@dataclass(frozen=True, kw_only=True)
class PipelineRunner:
    """Runs one pipeline.

    Args:
        deployment: The app.
        pipeline: Its pipeline.
        engine: The engine it is deployed to.
        stages: Is told of each step.
        stays: Whether the engine goes on after an error, so that a failed job's folder can stay in its data.
    """

    deployment: Deployment
    pipeline: DeployedPipeline
    engine: EngineSession
    stages: Stages
    stays: bool

    def run(
        self,
        parameters: Mapping[str, str] | None = None,
        *,
        on_state: Callable[[ExecutionState], None] = lambda _state: None,
    ) -> ExecutionState:
        """Starts the pipeline and waits for its end.

        Args:
            parameters: Values by name, as text. Default: ``None``, every parameter has its own default.
            on_state: Receives every state that was read. Default: nobody does.

        Raises:
            OperationError: The execution did not succeed. The failed step's log was told as a note, and the
                error names the folder of its job.
        """
        sagemaker = self.deployment.client("sagemaker", region=self.pipeline.region)
        arn = start_execution(sagemaker, self.pipeline.pipeline_name, parameters)
        state = follow_execution(sagemaker, arn, on_state=on_state, on_step=self._tell)
        if state.status != "Succeeded":
            step = failed_step(state)
            if step is not None:
                self._show_log(state.arn, step.name)
            raise execution_error(state, None if step is None else self._kept_folder(state.arn, step.name))
        return state

    def _tell(self, step: StepState) -> None:
        changed = StepChanged(name=step.name, status=step.status, seconds=step.seconds, cached=step.cached)
        self.stages.tell(changed)

    def _show_log(self, execution_arn: str, step_name: str) -> None:
        log = step_log(self.engine.endpoint_url, execution_arn, step_name)
        if log:
            lines = log.rstrip().splitlines()[-_LOG_LINES:]
            self.stages.note("\n".join([f"Log of step {step_name}, its last {len(lines)} lines:", *lines]))

    def _kept_folder(self, execution_arn: str, step_name: str) -> Path | None:
        folder = job_folder(self.engine.data, execution_arn, step_name)
        return folder if folder is None or self.stays else keep_job_folder(folder, self.engine.cache)
