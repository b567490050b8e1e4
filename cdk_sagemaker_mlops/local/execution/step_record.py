"""What ListPipelineExecutionSteps tells of one step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_mlops.local.execution.failures import reason_text
from cdk_sagemaker_mlops.local.execution.graph import StepNode
from cdk_sagemaker_mlops.local.execution.job_process import JobProcess


@dataclass(kw_only=True)
class StepRecord:
    """One started step. Its owner guards it against concurrent changes.

    Args:
        node: The step.
        resource_name: Name of the job or model it makes.
        status: Its ``StepStatus``. Default: ``"Starting"``.
        started: When it started. Default: now.
        ended: When it ended. Default: ``None``.
        failure_reason: Why it failed. Default: ``None``.
        metadata: Its ``Metadata``. Default: ``{}``.
        process: Its job's process, while there is one. Default: ``None``.
        source_execution_arn: The execution whose result it uses again. Default: ``None``, it ran.
    """

    node: StepNode
    resource_name: str
    status: str = "Starting"
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    failure_reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    process: JobProcess | None = None
    source_execution_arn: str | None = None

    def end(self, status: str, failure_reason: str | None = None) -> None:
        """Records how the step ended."""
        self.status = status
        self.ended = datetime.now(UTC)
        self.failure_reason = None if failure_reason is None else reason_text(failure_reason)
        self.process = None

    def as_api(self) -> dict[str, Any]:
        """Returns the step as botocore's ``PipelineExecutionStep``; what is not known is left out."""
        source = self.source_execution_arn
        described = {
            "StepName": self.node.name,
            "StepDisplayName": self.node.definition.get("DisplayName"),
            "StepDescription": self.node.definition.get("Description"),
            "StartTime": self.started,
            "EndTime": self.ended,
            "StepStatus": self.status,
            "CacheHitResult": None if source is None else {"SourcePipelineExecutionArn": source},
            "FailureReason": self.failure_reason,
            "Metadata": dict(self.metadata),
            "AttemptCount": 1,
        }
        return {name: value for name, value in described.items() if value is not None}
