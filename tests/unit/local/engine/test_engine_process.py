"""What the process is started with; that it starts and ends is tested against the real one."""

from __future__ import annotations

from pathlib import Path

from cdk_sagemaker_mlops.local.engine_process import child_environment, client_environment


def test_the_engine_is_given_nothing_of_the_user_s() -> None:
    environment = {
        "PATH": "/bin",
        "HOME": "/home/user",
        "AWS_PROFILE": "production",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PYTHONPATH": "/elsewhere",
        "NODE_OPTIONS": "--require x",
        "HTTP_PROXY": "http://proxy",
    }

    assert child_environment(environment) == {"PATH": "/bin"}


def test_clients_are_pointed_at_the_engine_only() -> None:
    environment = client_environment("http://127.0.0.1:1", "eu-west-1", Path("/data"))

    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environment["AWS_CONFIG_FILE"].startswith("/data/")
    assert environment["AWS_SHARED_CREDENTIALS_FILE"].startswith("/data/")
