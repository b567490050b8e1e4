"""What an execution has done with each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph

# SageMaker's words for a step's state (botocore's model of SageMaker, StepStatus), and ours for a step that
# the execution has not come to.
MARKS: Mapping[str, str] = {
    "Succeeded": "✓",
    "Failed": "✗",
    "Executing": "▶",
    "Starting": "▶",
    "Stopping": "■",
    "Stopped": "■",
    "NotRun": "·",
}
NOT_RUN = "NotRun"
_WORDS = {"NotRun": "not run", "Executing": "running", "Starting": "starting"}


@dataclass(frozen=True, kw_only=True)
class StepRun:
    """How a step fared.

    Args:
        status: SageMaker's word, or ``NotRun``.
        seconds: How long it ran. Default: ``None``, it has not ended.
        cached: Whether it took the result of an earlier execution. Default: ``False``.
    """

    status: str
    seconds: float | None = None
    cached: bool = False

    @property
    def text(self) -> str:
        """In words, such as ``✓ Succeeded, 2 min 5 s``."""
        parts = [_WORDS.get(self.status, self.status.lower())]
        if self.cached:
            parts.append("cached")
        elif self.seconds is not None:
            parts.append(duration_text(self.seconds))
        return f"{MARKS.get(self.status, '?')} {', '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Execution:
    """An execution to show.

    Args:
        arn: Its ARN.
        status: SageMaker's word.
        runs: How each step that has started fared, by name.
    """

    arn: str
    status: str
    runs: Mapping[str, StepRun]

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]

    def run(self, step: str) -> StepRun:
        """How a step fared, those too that have not started."""
        return self.runs.get(step, StepRun(status=NOT_RUN))

    def statuses(self, graph: PipelineGraph) -> list[str]:
        """The states that are to be seen, in the order of :data:`MARKS`."""
        seen = {self.run(step.name).status for step in graph.steps}
        return [status for status in (*MARKS, *sorted(seen - MARKS.keys())) if status in seen]


def duration_text(seconds: float) -> str:
    """Words a duration, such as ``12.3 s``, ``2 min 5 s`` or ``3 h 12 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
