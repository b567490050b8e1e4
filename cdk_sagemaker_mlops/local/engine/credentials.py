"""Keeps real AWS credentials out of the engine: what runs in it could use them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cdk_sagemaker_mlops.errors import LocalRunError, Problem

# Everything from which an AWS SDK takes credentials, or is told where they are.
_SOURCES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
)
# What stands for no credentials on an emulator: a word, or the number of the account to work in.
_DUMMY = re.compile(r"test|local|\d{12}")


def refuse_credentials(environment: Mapping[str, str]) -> None:
    """Checks that an environment holds no real credentials.

    Args:
        environment: What the engine's process was started with.

    Raises:
        LocalRunError: It holds some; the text names the variables, and not what they hold.
    """
    found = [name for name in _SOURCES if not _is_harmless(environment.get(name, ""))]
    if found:
        raise LocalRunError(
            Problem(
                code="RealCredentials",
                parameter="environment",
                rule="hold no AWS credentials, because whatever runs in the engine could use them",
                value=found,
                fix=f"unset {' '.join(found)}, or start it by cdk-mlops local, which does so",
            )
        )


def _is_harmless(value: str) -> bool:
    return value == "" or _DUMMY.fullmatch(value) is not None
