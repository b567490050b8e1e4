"""The account and region that a request is made in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """An account in a region; every SageMaker record belongs to exactly one.

    Args:
        account: Twelve digits.
        region: Region name, such as ``us-east-1``.
    """

    account: str
    region: str

    def arn(self, resource: str) -> str:
        """ARN of a SageMaker resource, such as ``endpoint/churn``, which SageMaker lower-cases."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{resource.lower()}"


def name_of(reference: str) -> str:
    """Name that a name-or-ARN argument refers to: the part of an ARN after its resource type."""
    if not reference.startswith("arn:"):
        return reference
    return reference.split(":", 5)[5].split("/", 1)[1]
