"""The options that say what a command is about, as one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Where:
    """What a command is about.

    Args:
        stack: Name of a stack, or path of an ``MlopsPipeline``. Default: the app's here, or the only one.
        profile: AWS profile. Default: boto3's own choice.
        region: AWS region. Default: boto3's own choice.
        endpoint_url: Address to call. Default: ``AWS_ENDPOINT_URL``, else AWS.
    """

    stack: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
