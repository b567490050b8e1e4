"""What jobs printed, in the CloudWatch log streams where SageMaker puts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from cdk_sagemaker_mlops.local.engine.scope import Scope

# Log group, stream and text of one ended job.
WriteLog = Callable[[Scope, str, str, str], None]

# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
_GROUPS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}


class JobLogs:
    """Writes the log of each job once, when its step has ended.

    On AWS lines arrive while a job runs; here they arrive together at its end.

    Args:
        write: Writes one stream.
    """

    def __init__(self, write: WriteLog) -> None:
        self._write = write
        self._written: set[tuple[Scope, str]] = set()
        self._lock = threading.Lock()

    def publish(self, scope: Scope, steps: list[dict[str, Any]], read: Callable[[str], str]) -> None:
        """Writes what has not been written yet.

        Args:
            scope: Account and region of the execution.
            steps: Its steps, in the API's shape.
            read: Gives what a step's job printed, by the step's name.
        """
        for step in steps:
            place = None if "EndTime" not in step else _place(step.get("Metadata", {}))
            # Whoever comes second waits, so that a look that follows finds the log.
            with self._lock:
                if place is None or (scope, place[1]) in self._written:
                    continue
                self._written.add((scope, place[1]))
                text = read(step["StepName"])
                if text:
                    self._write(scope, *place, text)


def _place(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    """Log group and stream of a step's job; ``None`` when it runs none."""
    for kind, group in _GROUPS.items():
        if kind in metadata:
            job = str(metadata[kind]["Arn"]).rsplit("/", 1)[1]
            return group, f"{job}/algo-1"
    return None


def write_to_ministack(scope: Scope, group: str, stream: str, text: str) -> None:
    """Writes a log stream into the emulator, as the service does: past anybody's permissions."""
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch_logs

    moment = int(time.time() * 1000)
    events = [{"timestamp": moment, "message": line} for line in text.splitlines()]
    with request_scope(scope.account, scope.region):
        cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
        cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})
