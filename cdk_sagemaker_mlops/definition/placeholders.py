"""Constants that stand for deploy-time values while the SageMaker SDK builds a definition.

The SDK parses what it is given (``urlparse`` on S3 URIs, ``arn:`` prefixes on roles), so CDK tokens cannot
pass through it. Each placeholder has the shape of the real thing and carries a mark that no user's text
contains, at both ends where its shape allows: what is cut out of one still carries it. They are fixed, not
random: a hash that the SDK takes over one is then the same in every build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cdk_sagemaker_mlops.errors import DefinitionError, Problem

_MARK = "q7xk3mlops"

REGION = f"us-{_MARK}-1"
"""Matches botocore's region pattern of the ``aws`` partition, so that the SDK can form host names from it."""

ACCOUNT_ID = "907351824466"
BUCKET = f"{_MARK}-bucket{_MARK}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{_MARK}-Role{_MARK}"

_CUSTOM = f"{_MARK}+Value"
_REGISTRY_ACCOUNT_PREFIX = "90735182"
_LEFTOVER = re.compile(rf"{_MARK}|{_REGISTRY_ACCOUNT_PREFIX}\d{{4}}", re.IGNORECASE)
_SHOWN_AROUND = 60
_FRAGMENT, _DIGIT_FRAGMENT = 6, 8


def _fragments(text: str, length: int) -> set[str]:
    pieces = {text[start : start + length] for start in range(len(text) - length + 1)}
    return pieces | {piece[::-1] for piece in pieces}


# Long enough that chance, even in an encoded file, all but never makes one.
_TRACE = re.compile("|".join(sorted(_fragments(_MARK, _FRAGMENT) | _fragments(ACCOUNT_ID, _DIGIT_FRAGMENT))))


def registry_account(index: int) -> str:
    """Returns the 12-digit account placeholder of the ``index``-th image registry, 0 to 999."""
    return f"{_REGISTRY_ACCOUNT_PREFIX}0{index:03d}"


def custom(index: int) -> str:
    """Returns the placeholder of the ``index``-th value given to ``PipelineContext.placeholder``."""
    # What it stands for may have any characters: the plus sign tells when a URL encoder went over it, the
    # capital letter when its case was changed.
    return f"{_CUSTOM}{index:03d}{_MARK}"


def is_custom(text: str) -> bool:
    """Tells whether ``text`` begins with a placeholder of ``PipelineContext.placeholder``."""
    return text.startswith(_CUSTOM)


def is_in(text: str) -> bool:
    """Tells whether ``text`` has a placeholder, or what is left of one, in it."""
    return _TRACE.search(text.lower()) is not None


def is_altered_in(text: str, known: Iterable[str]) -> bool:
    """Tells whether ``text`` has a placeholder in it that is not, letter by letter, one of ``known``.

    Found are other case, truncation, encoding, splitting and reversal, down to pieces of six characters of a
    mark and eight digits of an account.
    """
    if not is_in(text):
        return False
    for placeholder in sorted({ROLE_ARN, BUCKET, REGION, ACCOUNT_ID, *known}, key=len, reverse=True):
        text = text.replace(placeholder, "\0")
    return is_in(text)


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
            value=document[max(0, left.start() - _SHOWN_AROUND) : left.end() + _SHOWN_AROUND],
            fix="pass ctx.role_arn, ctx.bucket, ctx.region and ctx.placeholder(...) on without changing, "
            "splitting or lower-casing them",
        ),
        at=pipeline_name,
    )
