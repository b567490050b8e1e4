"""What a running step knows and may do."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution.graph import StepNode
from cdk_sagemaker_mlops.local.execution.interfaces import Registry, Storage
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess
from cdk_sagemaker_mlops.local.execution.opt_ml import OptMl
from cdk_sagemaker_mlops.local.execution.step_cache import StepCache

# CreateTrainingJob and CreateProcessingJob: names of 1 to 63 characters.
_MAX_JOB_NAME = 63
_RANDOM_LENGTH = 10


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Who runs.

    Args:
        pipeline_name: Name of the pipeline.
        pipeline_arn: ARN of the pipeline.
        arn: ARN of the execution.
        region: Region it believes to run in.
        account: Account it believes to run in.
        role_arn: ARN of the execution role.
    """

    pipeline_name: str
    pipeline_arn: str
    arn: str
    region: str
    account: str
    role_arn: str

    @property
    def id(self) -> str:
        """The execution's id, the last part of its ARN."""
        return self.arn.rpartition("/")[2]

    def resource_arn(self, kind: str, name: str) -> str:
        """Returns the ARN of a SageMaker resource, whose name SageMaker lower-cases there."""
        partition = self.arn.split(":")[1]
        return f"arn:{partition}:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"


@dataclass(frozen=True, kw_only=True)
class StepContext:
    """One step's surroundings.

    Args:
        step: The step.
        resource_name: Name of the job or model that the step makes.
        folder: The step's folder.
        execution: The execution it belongs to.
        storage: S3.
        registry: SageMaker's control plane.
        opt_ml: How ``/opt/ml`` is shown to its job.
        environment: Further variables for its job.
        announce: Publishes the step's metadata before it has ended.
        attach: Hands over the step's process, so that it can be stopped.
        cache: Results of earlier jobs. Default: ``None``, none is used again.
    """

    step: StepNode
    resource_name: str
    folder: Path
    execution: Execution
    storage: Storage
    registry: Registry
    opt_ml: OptMl
    environment: Mapping[str, str]
    announce: Callable[[dict[str, Any]], None]
    attach: Callable[[JobProcess], None]
    cache: StepCache | None = None

    @property
    def log(self) -> Path:
        """File that holds the log of the step's job."""
        return self.folder / "job.log"


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """How a step succeeded.

    Args:
        properties: What references to the step can read.
        metadata: The step's ``Metadata`` in ListPipelineExecutionSteps. Default: what was announced.
        outcome: Outcome of a Condition step. Default: ``None``, it is none.
        source_execution_arn: The execution whose result this is. Default: ``None``, the step ran.
    """

    properties: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    outcome: bool | None = None
    source_execution_arn: str | None = None


def resource_name(execution_id: str, step_name: str) -> str:
    """Returns a name as SageMaker forms it: ``pipelines-<execution>-<step>-<random>``."""
    alphabet = string.ascii_letters + string.digits
    suffix = "".join(secrets.choice(alphabet) for _ in range(_RANDOM_LENGTH))
    prefix = f"pipelines-{execution_id}-"
    room = _MAX_JOB_NAME - len(prefix) - len(suffix) - 1
    readable = re.sub(r"[^A-Za-z0-9]+", "-", step_name)[: max(room, 0)].strip("-")
    return f"{prefix}{readable}-{suffix}"
