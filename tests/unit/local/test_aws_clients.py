"""boto3 clients that the user's own AWS configuration does not touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.aws_clients import aws_client

ENGINE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(autouse=True)
def _their_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = ap-south-1\nuse_fips_endpoint = true\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:5")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "theirs")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:6")


def test_it_calls_the_engine_with_the_engine_s_credentials() -> None:
    client = aws_client("sagemaker", ENGINE)
    credentials = client._request_signer._credentials
    assert client.meta.endpoint_url == "http://127.0.0.1:4"
    assert client.meta.region_name == "us-east-1"
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("test", "secret", None)
    assert client._endpoint.http_session._proxy_config._proxies == {}


def test_a_stack_s_own_region_can_be_called() -> None:
    assert aws_client("cloudformation", ENGINE, region="eu-west-1").meta.region_name == "eu-west-1"
