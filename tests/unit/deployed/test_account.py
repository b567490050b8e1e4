"""Where AWS is called, what it refuses, and who may what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.account import connect, is_loopback
from cdk_sagemaker_mlops.deployed.aws_errors import aws_problem
from cdk_sagemaker_mlops.deployed.permissions import ACTIONS, denied_actions, is_root
from cdk_sagemaker_mlops.errors import ValidationError


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")


def test_region_and_profile_follow_boto3_s_rules() -> None:
    assert connect(profile="work").region == "eu-west-1"
    account = connect(region="us-east-1", endpoint_url="http://127.0.0.1:4566")
    assert (account.region, account.is_local) == ("us-east-1", True)
    client = account.client("sts")
    assert client is account.client("sts")
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert account.client("sts", region="eu-west-1").meta.region_name == "eu-west-1"


def test_fails_without_a_region_before_anything_is_called() -> None:
    with pytest.raises(ValidationError, match="NoRegion: --region must be given"):
        connect()


@pytest.mark.parametrize(
    ("url", "local"),
    [
        (None, False),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("https://vpce.amazonaws.com", False),
    ],
)
def test_only_loopback_is_this_machine(url: str | None, local: bool) -> None:
    assert is_loopback(url) is local


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "it\n says"}}, "DescribeEndpoint")


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [
        (refusal("AccessDeniedException"), "AccessDeniedException", "ask for that permission"),
        (refusal("ExpiredTokenException"), "ExpiredTokenException", "sign in again"),
        (refusal("ThrottlingException"), "ThrottlingException", "wait a minute"),
        (refusal("Other"), "Other", "--verbose"),
        (NoCredentialsError(), "NoCredentials", "aws sso login"),
        (ProfileNotFound(profile="x"), "ProfileNotFound", "aws configure list-profiles"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "EndpointConnection", "local engine"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "TokenRetrieval", "sign in again"),
    ],
)
def test_what_aws_refuses_is_one_line_with_what_to_do(
    error: ClientError | BotoCoreError, code: str, advice: str
) -> None:
    problem = aws_problem(error)
    assert problem.code == code
    assert advice in problem.fix
    assert "\n" not in str(problem)


ROLE_SESSION = "arn:aws:sts::123456789012:assumed-role/Engineer/me"


def test_a_session_is_asked_about_by_its_role() -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    role = {
        "Path": "/team/",
        "RoleName": "Engineer",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": "arn:aws:iam::123456789012:role/team/Engineer",
        "CreateDate": 0,
    }
    results: list[dict[str, Any]] = [
        {"EvalActionName": "sagemaker:UpdateModelPackage", "EvalDecision": "implicitDeny"},
        {"EvalActionName": "sqs:GetQueueAttributes", "EvalDecision": "allowed"},
    ]
    with Stubber(iam) as stubber:
        stubber.add_response("get_role", {"Role": role}, {"RoleName": "Engineer"})
        stubber.add_response(
            "simulate_principal_policy",
            {"EvaluationResults": results},
            {"PolicySourceArn": role["Arn"], "ActionNames": list(ACTIONS)},
        )
        assert denied_actions(iam, ROLE_SESSION) == ("sagemaker:UpdateModelPackage",)


def test_the_root_user_needs_no_question() -> None:
    assert is_root("arn:aws:iam::123456789012:root")
    assert not is_root(ROLE_SESSION)
