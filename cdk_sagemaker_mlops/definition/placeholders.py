"""Constants that stand for deploy-time values while the SageMaker SDK builds a definition.

The SDK parses what it is given (``urlparse`` on S3 URIs, ``arn:`` prefixes on roles), so CDK tokens cannot
pass through it. Each placeholder has the shape of the real thing and carries a mark that no user's text
contains. They are fixed, not random: a hash that the SDK takes over one is then the same in every build.
"""

from __future__ import annotations

import re

from cdk_sagemaker_mlops.errors import DefinitionError, Problem

_MARK = "q7xk3mlops"

REGION = f"us-{_MARK}-1"
"""Matches botocore's region pattern of the ``aws`` partition, so that the SDK can form host names from it."""

ACCOUNT_ID = "907351824466"
BUCKET = f"{_MARK}-artifacts"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{_MARK}-execution"

_REGISTRY_ACCOUNT_PREFIX = "90735182"
_LEFTOVER = re.compile(rf"[\w./:-]*(?:{_MARK}|{_REGISTRY_ACCOUNT_PREFIX}\d{{4}})[\w./:-]*", re.IGNORECASE)


def registry_account(index: int) -> str:
    """Returns the 12-digit account placeholder of the ``index``-th image registry, 0 to 999."""
    return f"{_REGISTRY_ACCOUNT_PREFIX}0{index:03d}"


def custom(index: int) -> str:
    """Returns the placeholder of the ``index``-th value given to ``PipelineContext.placeholder``."""
    return f"{_MARK}-value-{index:03d}-end"


def require_none_left(document: str, *, pipeline_name: str) -> None:
    """Checks that every placeholder in ``document`` was replaced.

    Raises:
        DefinitionError: One is left, which means that the SDK altered it (case, truncation, encoding).
    """
    left = _LEFTOVER.search(document)
    if left is None:
        return
    raise DefinitionError(
        Problem(
            code="AlteredPlaceholder",
            parameter="pipeline",
            rule="use the context's values unaltered",
            value=left.group(),
            fix="pass ctx.role_arn, ctx.bucket, ctx.region and ctx.placeholder(...) on without changing, "
            "splitting or lower-casing them",
        ),
        at=pipeline_name,
    )
