"""The environment that the CDK CLI and the app run in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.tool_environment import tool_environment

ENGINE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4", "AWS_ACCESS_KEY_ID": "test"}


def build(**user: str) -> dict[str, str]:
    return tool_environment(
        user,
        engine=ENGINE,
        home=Path("/data/home"),
        cache=Path("/cache"),
        first_on_path=(Path("/venv/bin"), Path("/node/bin")),
    )


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_S3",
        "AWS_CA_BUNDLE",
        "CDK_DEFAULT_ACCOUNT",
        "CDK_DOCKER",
        "NODE_OPTIONS",
        "npm_config_registry",
        "JSII_DEBUG",
        "HTTPS_PROXY",
        "http_proxy",
        "PYTHONHOME",
    ],
)
def test_what_would_point_elsewhere_is_dropped(name: str) -> None:
    assert name not in build(**{name: "theirs"})


def test_an_app_s_own_variables_stay() -> None:
    built = build(STAGE="dev", LANG="C.UTF-8", PYTHONPATH="/lib")
    assert (built["STAGE"], built["LANG"], built["PYTHONPATH"]) == ("dev", "C.UTF-8", "/lib")


def test_the_engine_s_variables_replace_the_user_s() -> None:
    assert build(AWS_ACCESS_KEY_ID="theirs")["AWS_ACCESS_KEY_ID"] == "test"


def test_this_interpreter_and_node_come_first_on_the_path() -> None:
    assert build(PATH="/usr/bin")["PATH"] == os.pathsep.join(["/venv/bin", "/node/bin", "/usr/bin"])


def test_nothing_of_the_user_s_home_is_read_or_written() -> None:
    built = build(HOME="/home/jane", TMPDIR="/tmp/theirs")
    theirs = [
        name
        for name, value in built.items()
        if name != "PATH" and ("/home/jane" in value or "/tmp/theirs" in value)
    ]
    assert theirs == []
    assert built["CDK_HOME"].startswith("/data/home")


def test_finished_definitions_are_kept_from_run_to_run_where_the_user_says() -> None:
    assert build(CDK_MLOPS_CACHE="theirs")["CDK_MLOPS_CACHE"] == "/cache"
    assert build(CDK_MLOPS_DEFINITION_CACHE="off")["CDK_MLOPS_DEFINITION_CACHE"] == "off"
    assert "CDK_MLOPS_DEFINITION_CACHE" not in build()


def test_compiled_python_goes_to_the_cache_when_it_may_not_lie_beside_sources() -> None:
    built = build(PYTHONDONTWRITEBYTECODE="1")
    assert (built["PYTHONDONTWRITEBYTECODE"], built["PYTHONPYCACHEPREFIX"]) == ("", "/cache/pycache")
    assert "PYTHONPYCACHEPREFIX" not in build()
    chosen = build(PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX="/mine")
    assert (chosen["PYTHONDONTWRITEBYTECODE"], chosen["PYTHONPYCACHEPREFIX"]) == ("1", "/mine")
