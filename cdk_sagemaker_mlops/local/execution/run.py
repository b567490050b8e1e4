"""One execution of a pipeline definition on this machine."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution import graph as graphs
from cdk_sagemaker_mlops.local.execution import parameters as parameter_values
from cdk_sagemaker_mlops.local.execution.failures import StepFailedError, StepStoppedError, reason_text
from cdk_sagemaker_mlops.local.execution.interfaces import Registry, Storage
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess, log_tail
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl, best_opt_ml
from cdk_sagemaker_mlops.local.execution.processing_job import read_json, read_property_file
from cdk_sagemaker_mlops.local.execution.references import Scope
from cdk_sagemaker_mlops.local.execution.schedule import Phase, ready, skipped
from cdk_sagemaker_mlops.local.execution.step_cache import StepCache
from cdk_sagemaker_mlops.local.execution.step_context import Execution, StepContext, StepResult, resource_name
from cdk_sagemaker_mlops.local.execution.step_record import StepRecord
from cdk_sagemaker_mlops.local.execution.step_types import run_step

_log = logging.getLogger(__name__)

_ONGOING = ("Executing", "Stopping")


class PipelineRun:
    """Runs a definition's steps: jobs as processes, conditions and references as SageMaker resolves them.

    Thread-safe. Steps start when everything they wait for has ended; when one fails, those that run go on
    to their end and no other starts. Not done here: selective execution, retry policies (the faults they are
    for, of capacity, throttling and the service, do not happen here), and parallelism within a job (every job
    is one host, on this machine's processor, whatever its instance type and count).

    Args:
        definition: The pipeline definition document.
        parameters: Values given at the start, by name, as text.
        pipeline_name: Name of the pipeline.
        pipeline_arn: ARN of the pipeline.
        execution_arn: ARN of this execution.
        region: Region that jobs believe to run in.
        account: Account that jobs believe to run in.
        role_arn: ARN of the execution role.
        storage: S3.
        registry: SageMaker's control plane.
        workdir: Folder for the steps' files and logs, one folder a step; the caller deletes it.
        on_change: Called after each change of status of the execution or a step, by whichever thread made it.
        max_parallel_steps: How many steps may run at once, 1 or more. Default: ``None``, as many as this
            machine has processors, and 2 at least.
        opt_ml: How jobs see their files at ``/opt/ml``. Default: the exact way if this system allows it.
        job_environment: Further environment variables for every job. Default: none.
        cache: Results of earlier jobs, for the steps whose ``CacheConfig`` is on. Default: ``None``, every
            job runs.

    Raises:
        ValidationError: A parameter is unknown, missing, of another type or not an allowed value, or the
            steps do not form a graph. It is a ``ValueError``.
    """

    def __init__(
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
        registry: Registry,
        workdir: Path,
        on_change: Callable[[], None],
        max_parallel_steps: int | None = None,
        opt_ml: OptMl | None = None,
        job_environment: Mapping[str, str] | None = None,
        cache: StepCache | None = None,
    ) -> None:
        self._parameters = parameter_values.bind(definition.get("Parameters", []), parameters)
        self._graph = graphs.build(definition["Steps"])
        self._execution = Execution(
            pipeline_name=pipeline_name,
            pipeline_arn=pipeline_arn,
            arn=execution_arn,
            region=region,
            account=account,
            role_arn=role_arn,
        )
        self._storage = storage
        self._registry = registry
        self._workdir = workdir
        self._on_change = on_change
        self._limit = _processors() if max_parallel_steps is None else max_parallel_steps
        self._cache = cache
        self._opt_ml = opt_ml
        self._job_environment = {} if job_environment is None else dict(job_environment)

        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._status = "Executing"
        self._failure_reason: str | None = None
        self._started = datetime.now(UTC)
        self._phases = dict.fromkeys(self._graph, Phase.PENDING)
        self._records: dict[str, StepRecord] = {}
        self._results: dict[str, StepResult] = {}

    def start(self) -> None:
        """Starts the execution in threads of its own, and returns at once.

        Raises:
            RuntimeError: It was started before.
        """
        if self._thread is not None:
            raise RuntimeError("the execution was started before")
        self._started = datetime.now(UTC)
        name = f"execution-{self._execution.id}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends running jobs and starts no others: ``Stopping``, then ``Stopped``.

        Returns at once, and does nothing when the execution has ended.
        """
        with self._changed:
            if self._status != "Executing":
                return
            self._status = "Stopping"
            running = [record for record in self._records.values() if record.ended is None]
            for record in running:
                record.status = "Stopping"
            processes = [record.process for record in running if record.process is not None]
            self._changed.notify_all()
        self._on_change()
        for process in processes:
            threading.Thread(target=process.stop, daemon=True).start()

    def wait(self, timeout: float | None = None) -> None:
        """Waits until the execution has ended.

        Args:
            timeout: Most seconds to wait. Default: ``None``, any time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._status not in _ONGOING, timeout)

    @property
    def status(self) -> str:
        """``Executing``, ``Stopping``, ``Stopped``, ``Failed`` or ``Succeeded``."""
        with self._changed:
            return self._status

    @property
    def failure_reason(self) -> str | None:
        """Why the execution failed: which step, and its own reason."""
        with self._changed:
            return self._failure_reason

    def steps(self) -> list[dict[str, Any]]:
        """Returns the steps that have started, in that order, as botocore's ``PipelineExecutionStep``."""
        with self._changed:
            return [record.as_api() for record in self._records.values()]

    def logs(self, step_name: str) -> str:
        """Returns the last 200 lines of the log of a step's job; nothing for a step that runs no job.

        Raises:
            KeyError: The pipeline has no such step.
        """
        return log_tail(self._workdir / self._graph[step_name].name / "job.log")

    def _run(self) -> None:
        with self._changed:
            while self._advance():
                self._changed.wait()
            self._conclude()
            self._changed.notify_all()
        self._on_change()

    def _advance(self) -> bool:
        """Starts what can start; tells whether anything is left to wait for. Called with the lock held."""
        for name in skipped(self._graph, self._phases, self._outcomes()):
            self._phases[name] = Phase.SKIPPED
        if self._status == "Executing":
            for name in ready(self._graph, self._phases, limit=self._limit):
                self._start_step(name)
        return Phase.RUNNING in self._phases.values()

    def _outcomes(self) -> dict[str, bool]:
        return {name: result.outcome for name, result in self._results.items() if result.outcome is not None}

    def _start_step(self, name: str) -> None:
        node = self._graph[name]
        self._phases[name] = Phase.RUNNING
        self._records[name] = StepRecord(node=node, resource_name=resource_name(self._execution.id, name))
        threading.Thread(target=self._run_step, args=(name,), name=f"step-{name}", daemon=True).start()

    def _run_step(self, name: str) -> None:
        record = self._records[name]
        self._update(record, status="Executing")
        try:
            result = run_step(self._context(record), self._scope(record))
        except StepStoppedError:
            self._end_step(record, Phase.STOPPED)
        except StepFailedError as failure:
            self._end_step(record, Phase.FAILED, failure_reason=str(failure))
        except Exception as error:
            # A step must end whatever happens, or the execution would wait for it for ever.
            _log.exception("step %s of %s", name, self._execution.arn)
            self._end_step(record, Phase.FAILED, failure_reason=f"InternalServerError: {error!r}")
        else:
            self._end_step(record, Phase.SUCCEEDED, result=result)

    def _end_step(
        self,
        record: StepRecord,
        phase: Phase,
        *,
        failure_reason: str | None = None,
        result: StepResult | None = None,
    ) -> None:
        name = record.node.name
        with self._changed:
            if result is not None:
                self._results[name] = result
                record.source_execution_arn = result.source_execution_arn
                record.metadata.update(result.metadata)
            record.end(phase.value, failure_reason)
            self._phases[name] = phase
            self._changed.notify_all()
        self._on_change()

    def _update(self, record: StepRecord, **changes: Any) -> None:
        with self._changed:
            for name, value in changes.items():
                if name != "status" or record.status != "Stopping":
                    setattr(record, name, value)
        self._on_change()

    def _attach(self, record: StepRecord, process: JobProcess) -> None:
        with self._changed:
            record.process = process
            if self._status != "Executing":
                # The execution was stopped while the job's inputs were fetched.
                process.stop()

    def _conclude(self) -> None:
        """Sets the execution's final status. Called with the lock held, when no step runs."""
        failed = [record for record in self._records.values() if record.status == "Failed"]
        if self._status == "Stopping":
            self._status = "Stopped"
        elif failed:
            reasons = "; ".join(f"{record.node.name}: {record.failure_reason}" for record in failed)
            self._failure_reason = reason_text(f"Step failure: One or multiple steps failed. {reasons}")
            self._status = "Failed"
        else:
            self._status = "Succeeded"

    def _context(self, record: StepRecord) -> StepContext:
        folder = self._workdir / record.node.name
        folder.mkdir(parents=True, exist_ok=True)
        return StepContext(
            step=record.node,
            resource_name=record.resource_name,
            folder=folder,
            execution=self._execution,
            storage=self._storage,
            registry=self._registry,
            opt_ml=best_opt_ml() if self._opt_ml is None else self._opt_ml,
            environment=self._job_environment,
            announce=lambda metadata: self._update(record, metadata=metadata),
            attach=functools.partial(self._attach, record),
            cache=self._cache,
        )

    def _scope(self, record: StepRecord) -> Scope:
        execution = self._execution
        now = datetime.now(UTC)
        with self._changed:
            properties = {name: result.properties for name, result in self._results.items()}
        return Scope(
            parameters=self._parameters,
            execution={
                "StartDateTime": _iso(self._started),
                "CurrentDateTime": _iso(now),
                "PipelineName": execution.pipeline_name,
                "PipelineArn": execution.pipeline_arn,
                "PipelineExecutionId": execution.id,
                "PipelineExecutionArn": execution.arn,
                "TrainingJobName": record.resource_name,
                "ProcessingJobName": record.resource_name,
            },
            steps=properties,
            property_file=lambda step, name: self._property_file(step, name, properties[step]),
            s3_document=functools.partial(read_json, self._storage),
        )

    def _property_file(self, step: str, name: str, properties: dict[str, Any]) -> Any:
        definition = dict(self._graph[step].definition)
        return read_property_file(name, step=definition, properties=properties, storage=self._storage)


def _processors() -> int:
    return max(2, os.cpu_count() or 1)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
