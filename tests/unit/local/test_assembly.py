"""What a cloud assembly says about the app's stacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.assembly import AppStack, Target, read_stacks, single_account, targets


def stack(environment: str, **properties: str) -> dict[str, object]:
    return {"type": "aws:cloudformation:stack", "environment": environment, "properties": properties}


def write(folder: Path, **artifacts: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))


def test_a_stack_without_an_environment_goes_anywhere(tmp_path: Path) -> None:
    write(tmp_path, Churn=stack("aws://unknown-account/unknown-region"), Tree={"type": "cdk:tree"})
    assert read_stacks(tmp_path) == (AppStack(name="Churn"),)


def test_a_stack_s_own_name_environment_and_qualifier_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        Churn=stack(
            "aws://123456789012/eu-west-1",
            stackName="churn-prod",
            bootstrapStackVersionSsmParameter="/cdk-bootstrap/mine/version",
        ),
    )
    assert read_stacks(tmp_path) == (
        AppStack(name="churn-prod", account="123456789012", region="eu-west-1", qualifier="mine"),
    )


def test_stacks_of_stages_are_found(tmp_path: Path) -> None:
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    write(tmp_path, **{"assembly-Prod": nested})
    write(tmp_path / "assembly-Prod", ProdChurn=stack("aws://unknown-account/us-west-2"))
    assert read_stacks(tmp_path) == (AppStack(name="ProdChurn", region="us-west-2"),)


def test_fails_when_the_app_defines_no_stack(tmp_path: Path) -> None:
    write(tmp_path, Tree={"type": "cdk:tree"})
    with pytest.raises(LocalRunError) as caught:
        read_stacks(tmp_path)
    assert str(caught.value) == (
        "NoStack: app must define at least one stack, got []; add a Stack to the app that cdk.json runs"
    )


def test_the_account_is_the_one_that_stacks_name_or_the_default() -> None:
    free, bound = AppStack(name="A"), AppStack(name="B", account="123456789012")
    assert single_account((free,), "000000000000") == "000000000000"
    assert single_account((free, bound), "000000000000") == "123456789012"


def test_fails_when_stacks_are_bound_to_several_accounts() -> None:
    stacks = (AppStack(name="A", account="222222222222"), AppStack(name="B", account="111111111111"))
    with pytest.raises(LocalRunError) as caught:
        single_account(stacks, "000000000000")
    assert str(caught.value) == (
        "SeveralAccounts: env.account must be the same in every stack of an app that runs locally, got"
        " ['111111111111', '222222222222']; give the local run an app with the stacks of one account"
    )


def test_each_region_is_bootstrapped_once() -> None:
    stacks = (
        AppStack(name="A"),
        AppStack(name="B", region="us-east-1"),
        AppStack(name="C", region="eu-west-1"),
    )
    wanted = targets(stacks, account="000000000000", region="us-east-1")
    assert wanted == (
        Target(account="000000000000", region="us-east-1", qualifier="hnb659fds"),
        Target(account="000000000000", region="eu-west-1", qualifier="hnb659fds"),
    )
    assert str(wanted[0]) == "aws://000000000000/us-east-1"
