"""One question that is asked of IAM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """May the caller do this?

    Args:
        action: Action, such as ``sagemaker:CreateModel``.
        resource: ARN of what it is done to. Default: ``'*'``, the action takes no resource.
        keys: The request's own condition keys. Default: none.
    """

    action: str
    resource: str = "*"
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)


# Raises ``ApiError`` when the caller may not do one of them.
Permit = Callable[[Iterable[Check]], None]


def everything(_checks: Iterable[Check]) -> None:
    """Permits everything: what the engine does unless it enforces IAM."""


def pass_role(role_arn: str, service: str) -> Check:
    """Handing a role to a service.

    Args:
        role_arn: The role.
        service: Principal that will assume it, such as ``sagemaker.amazonaws.com``.
    """
    return Check("iam:PassRole", role_arn, {"iam:PassedToService": service})
