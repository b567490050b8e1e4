"""How a step ends other than well."""

from __future__ import annotations

# The most characters a FailureReason may have: botocore, sagemaker, FailureReason.
MAX_REASON = 1024


class StepFailedError(Exception):
    """A step failed; the text is its ``FailureReason``."""


class RefusedStepError(StepFailedError):
    """A step asks for what cannot be done; worded as SageMaker words its refusals.

    Args:
        text: What must be, what was got, and what to do.
    """

    def __init__(self, text: str) -> None:
        super().__init__(f"ClientError: {text}")


class StepStoppedError(Exception):
    """A step ended because the execution was stopped."""


def reason_text(text: str) -> str:
    """Cuts a text to what the API allows in a ``FailureReason``."""
    return text if len(text) <= MAX_REASON else f"{text[: MAX_REASON - 3]}..."


def reason_with_log(summary: str, log: str) -> str:
    """Words a job's failure: what happened, then as many of the last lines of its log as fit.

    Args:
        summary: What happened, in one sentence without a full stop.
        log: The job's log, or its end.
    """
    head = f"{reason_text(summary)}; last lines of its log:\n"
    room = MAX_REASON - len(head)
    lines = log.rstrip().splitlines()
    if not lines or room < len(lines[-1][:80]):
        return reason_text(summary)
    kept = [lines.pop()[-room:]]
    length = len(kept[0])
    while lines and length + 1 + len(lines[-1]) <= room:
        kept.insert(0, lines.pop())
        length += 1 + len(kept[0])
    return head + "\n".join(kept)
