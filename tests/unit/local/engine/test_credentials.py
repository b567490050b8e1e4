"""Real credentials stop the engine before it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine.credentials import refuse_credentials


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
        {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"},
        {"AWS_SESSION_TOKEN": "token"},
        {"AWS_PROFILE": "production"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/"},
    ],
)
def test_fails_with_credentials_and_does_not_show_them(environment: dict[str, str]) -> None:
    [(name, value)] = environment.items()
    with pytest.raises(LocalRunError) as caught:
        refuse_credentials({"PATH": "/bin", **environment})
    assert str(caught.value) == (
        "RealCredentials: environment must hold no AWS credentials, because whatever runs in the engine could use "
        f"them, got ['{name}']; unset {name}, or start it by cdk-mlops local, which does so"
    )
    assert value not in str(caught.value)


def test_what_stands_for_no_credentials_is_let_through() -> None:
    refuse_credentials({})
    refuse_credentials(
        {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": ""}
    )
    refuse_credentials({"AWS_ACCESS_KEY_ID": "123456789012", "AWS_REGION": "us-east-1"})


def test_fails_to_start_the_engine_with_them(tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "cdk_sagemaker_mlops.local.engine"),
            *("--data-dir", tmp_path / "data", "--lambda-python", sys.executable),
        ],
        env={"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("RealCredentials: environment must hold no AWS credentials")
    assert "AKIA" not in ran.stdout + ran.stderr
    assert not (tmp_path / "data").exists()
