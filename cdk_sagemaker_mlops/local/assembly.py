"""What a cloud assembly, the folder that `cdk synth` writes, says about the app's stacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import LocalRunError, Problem

_DEFAULT_QUALIFIER = "hnb659fds"


@dataclass(frozen=True, kw_only=True)
class AppStack:
    """One stack of the app.

    Args:
        name: Its name in CloudFormation.
        account: The account it is bound to. Default: ``None``, any.
        region: The region it is bound to. Default: ``None``, any.
        qualifier: Which bootstrap resources it uses. Default: ``hnb659fds``.
    """

    name: str
    account: str | None = None
    region: str | None = None
    qualifier: str = _DEFAULT_QUALIFIER


@dataclass(frozen=True, kw_only=True)
class Target:
    """An account and region to bootstrap.

    Args:
        account: Twelve digits.
        region: Such as ``us-east-1``.
        qualifier: Which bootstrap resources to make.
    """

    account: str
    region: str
    qualifier: str

    def __str__(self) -> str:
        return f"aws://{self.account}/{self.region}"


def read_stacks(assembly: Path) -> tuple[AppStack, ...]:
    """Lists the stacks of an assembly and of the assemblies nested in it (CDK stages).

    Raises:
        LocalRunError: There is none.
    """
    stacks = tuple(_stacks_in(assembly))
    if not stacks:
        raise LocalRunError(
            Problem(
                code="NoStack",
                parameter="app",
                rule="define at least one stack",
                value=[],
                fix="add a Stack to the app that cdk.json runs",
            )
        )
    return stacks


def _stacks_in(assembly: Path) -> Iterator[AppStack]:
    manifest = json.loads((assembly / "manifest.json").read_text("utf-8"))
    for identifier, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            yield _stack(identifier, artifact["environment"], properties)
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks_in(assembly / properties["directoryName"])


def _stack(identifier: str, environment: str, properties: dict[str, str]) -> AppStack:
    account, region = environment.removeprefix("aws://").split("/")
    qualifier = re.fullmatch(
        r"/cdk-bootstrap/([^/]+)/version", properties.get("bootstrapStackVersionSsmParameter", "")
    )
    return AppStack(
        name=properties.get("stackName", identifier),
        account=None if account == "unknown-account" else account,
        region=None if region == "unknown-region" else region,
        qualifier=_DEFAULT_QUALIFIER if qualifier is None else qualifier.group(1),
    )


def single_account(stacks: tuple[AppStack, ...], default: str) -> str:
    """Says which account the app is deployed to.

    Raises:
        LocalRunError: The stacks are bound to several accounts.
    """
    accounts = sorted({stack.account for stack in stacks if stack.account is not None})
    if len(accounts) > 1:
        raise LocalRunError(
            Problem(
                code="SeveralAccounts",
                parameter="env.account",
                rule="be the same in every stack of an app that runs locally",
                value=accounts,
                fix="give the local run an app with the stacks of one account",
            )
        )
    return accounts[0] if accounts else default


def targets(stacks: tuple[AppStack, ...], *, account: str, region: str) -> tuple[Target, ...]:
    """Lists what must be bootstrapped, each once, in the stacks' order.

    Args:
        stacks: The app's stacks.
        account: Account of the stacks that are bound to none.
        region: Region of the stacks that are bound to none.
    """
    wanted = (
        Target(
            account=account if stack.account is None else stack.account,
            region=region if stack.region is None else stack.region,
            qualifier=stack.qualifier,
        )
        for stack in stacks
    )
    return tuple(dict.fromkeys(wanted))
