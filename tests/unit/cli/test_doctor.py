"""The checks, each for what it says and what to do."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.stub import Stubber

from cdk_sagemaker_mlops.cli import doctor as doctors
from cdk_sagemaker_mlops.cli import operation as operations
from cdk_sagemaker_mlops.cli.account_checks import bootstrap_check, permission_check, quota_check
from cdk_sagemaker_mlops.cli.checkup import passed
from cdk_sagemaker_mlops.cli.doctor import doctor
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.tool_checks import cdk_check, node_check
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.quota_needs import Need
from cdk_sagemaker_mlops.local.toolchain import CDK_CLI


def program(folder: Path, name: str, says: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_node_is_looked_for_on_the_path_and_in_the_packages(path: Path) -> None:
    assert node_check().status == "ok"
    program(path, "node", "v22.1.0")
    assert node_check().text == f"v22.1.0 at {path / 'node'}"
    program(path, "node", "v14.0.0")
    old = node_check()
    assert (old.status, old.text) == ("failed", f"v14.0.0 at {path / 'node'} is too old for CDK")
    assert "install Node.js 22" in str(old.fix)


def test_the_cdk_cli_should_be_the_one_that_is_tested(path: Path) -> None:
    missing = cdk_check()
    assert (missing.status, str(missing.fix).split(";")[0]) == (
        "warning",
        f"npm install -g aws-cdk@{CDK_CLI}",
    )
    program(path, "cdk", "2.9.0 (build abc)")
    assert "is older than" in cdk_check().text
    program(path, "cdk", f"{CDK_CLI} (build abc)")
    assert cdk_check().status == "ok"


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def test_an_account_that_is_not_bootstrapped_is_told_how() -> None:
    ssm = client("ssm")
    account = Account(lambda *_: ssm, region="us-east-1")
    with Stubber(ssm) as stubber:
        stubber.add_client_error("get_parameter", "ParameterNotFound")
        (check,) = bootstrap_check(account, "123456789012")
        assert (check.status, check.fix) == ("failed", "cdk bootstrap aws://123456789012/us-east-1")
        stubber.add_response("get_parameter", {"Parameter": {"Value": "28"}})
        assert list(bootstrap_check(account, "1")) == [passed("Bootstrap", "version 28")]
        stubber.add_client_error("get_parameter", "AccessDeniedException")
        with pytest.raises(ClientError):
            list(bootstrap_check(account, "1"))


def test_missing_permissions_are_named() -> None:
    iam = client("iam")
    account = Account(lambda *_: iam, region="us-east-1")
    arn = "arn:aws:iam::123456789012:user/me"
    with Stubber(iam) as stubber:
        result = {"EvalActionName": "sagemaker:UpdateModelPackage", "EvalDecision": "explicitDeny"}
        stubber.add_response("simulate_principal_policy", {"EvaluationResults": [result]})
        (check,) = permission_check(account, arn)
        assert check.status == "warning"
        assert check.text.endswith("do not allow, on all resources: sagemaker:UpdateModelPackage")
        stubber.add_response("simulate_principal_policy", {"EvaluationResults": []})
        assert [each.status for each in permission_check(account, arn)] == ["ok"]
    assert [each.status for each in permission_check(account, "arn:aws:iam::123456789012:root")] == ["ok"]


@pytest.mark.parametrize(
    ("quota", "status", "text"),
    [
        (4.0, "ok", "q: 4, needs 2 for the endpoint"),
        (1.0, "failed", "q: 1, needs 2 for the endpoint"),
        (None, "not checked", "q: needs 2 for the endpoint; the service does not list it"),
    ],
)
def test_a_quota_that_is_too_small_is_told_where_to_ask(quota, status, text) -> None:
    check = quota_check(Need(quota="q", amount=2, why="the endpoint"), quota, region="eu-west-1")
    assert (check.status, check.text) == (status, text)
    assert (check.fix is not None) == (status == "failed")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "node_check", lambda: passed("Node.js", "v22"))
    monkeypatch.setattr(doctors, "cdk_check", lambda: passed("CDK CLI", CDK_CLI))


def refuse(error: Exception) -> Any:
    class Refusing:
        def __getattr__(self, _operation: str) -> Any:
            def call(*_words: Any, **_request: Any) -> None:
                raise error

            return call

    return Refusing()


@pytest.mark.usefixtures("tools")
def test_without_credentials_it_says_how_to_get_them_and_stops(monkeypatch, capsys) -> None:
    nobody = Account(lambda *_: refuse(NoCredentialsError()), region="us-east-1")
    monkeypatch.setattr(operations, "reach", lambda where: nobody)
    assert doctor(Where(), json=False, verbose=False) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[2:] == [
        "✗ Credentials Unable to locate credentials",
        "              -> sign in, such as with aws sso login, or give --profile; cdk-mlops doctor tells more",
    ]
    assert captured.err == (
        "ChecksFailed: doctor must find everything in order, got ['Credentials']; do what it says above\n"
    )


@pytest.mark.usefixtures("tools")
def test_what_it_may_not_look_at_is_no_failure(monkeypatch, capsys) -> None:
    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": "arn:aws:iam::123456789012:user/me", "Account": "123456789012"}

    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetParameter")

    class Cloudformation:
        def get_paginator(self, _operation: str) -> Any:
            return type("None", (), {"paginate": lambda self: iter([{"Stacks": []}])})()

    made = {"sts": Sts(), "cloudformation": Cloudformation()}
    account = Account(lambda service, _region: made.get(service, refuse(denied)), region="us-east-1")
    monkeypatch.setattr(operations, "reach", lambda where: account)
    assert doctor(Where(), json=False, verbose=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "? Bootstrap   no" in lines
    assert "? Permissions no" in lines
    assert any(line.startswith("! Stack       the account's stacks: []") for line in lines)


@pytest.mark.usefixtures("tools")
def test_without_a_region_it_says_so(monkeypatch, capsys, tmp_path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert doctor(Where(), json=True, verbose=False) == 1
    assert '"name": "Region",\n      "status": "failed"' in capsys.readouterr().out
