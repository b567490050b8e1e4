"""Where a command's calls go, and which app it is in."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdk_sagemaker_mlops.cli.connection import app_stacks, reach
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local import session_store

ENGINE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4700",
    "AWS_ACCESS_KEY_ID": "123456789012",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    session = SimpleNamespace(endpoint_url=ENGINE["AWS_ENDPOINT_URL"], client_environment=ENGINE)
    monkeypatch.setattr(session_store, "live_sessions", lambda cache: (session,))


def test_the_address_of_a_local_engine_is_all_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    account = reach(Where(endpoint_url="http://127.0.0.1:4700/"))
    assert (account.region, account.is_local) == ("eu-west-1", True)
    sts = account.client("sts")
    assert (sts.meta.endpoint_url, sts.meta.region_name) == ("http://127.0.0.1:4700", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4700")
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    assert reach(Where(region="us-east-1")).client("sts").meta.region_name == "us-east-1"


def test_another_address_on_this_machine_follows_the_user_s_configuration() -> None:
    with pytest.raises(ValidationError, match="NoRegion"):
        reach(Where(endpoint_url="http://127.0.0.1:4566"))
    assert reach(Where(endpoint_url="http://127.0.0.1:4566", region="us-east-1")).region == "us-east-1"


def test_the_app_s_stacks_are_those_it_synthesised_last(tmp_path: Path) -> None:
    assert app_stacks(tmp_path) == ()
    (tmp_path / "cdk.json").write_text('{"app": "python app.py", "output": "out"}')
    assert app_stacks(tmp_path) == ()
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"stackName": "churn-prod"},
    }
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(json.dumps({"artifacts": {"Churn": stack}}))
    assert app_stacks(tmp_path) == ("churn-prod",)
    (tmp_path / "cdk.json").write_text("oops")
    assert app_stacks(tmp_path) == ()
