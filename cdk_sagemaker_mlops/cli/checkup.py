"""The result of one check of `cdk-mlops doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What it is about.
        status: How it is.
        text: What was found.
        fix: What to do. Default: ``None``, nothing.
    """

    name: str
    status: Literal["ok", "warning", "failed", "not checked"]
    text: str
    fix: str | None = None


def passed(name: str, text: str) -> Check:
    """It is in order."""
    return Check(name=name, status="ok", text=text)


def warned(name: str, text: str, *, fix: str) -> Check:
    """It may be in order, or is not needed for everything."""
    return Check(name=name, status="warning", text=text, fix=fix)


def failed(name: str, text: str, *, fix: str) -> Check:
    """It is not in order."""
    return Check(name=name, status="failed", text=text, fix=fix)


def not_checked(name: str, text: str, *, fix: str | None = None) -> Check:
    """It could not be looked at."""
    return Check(name=name, status="not checked", text=text, fix=fix)
