from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine.options import Options, emulator_environment, parse_options

_REQUIRED = ["--data-dir", "/data", "--lambda-python", "/python"]


def test_the_command_line_has_the_options_defaults() -> None:
    assert parse_options(_REQUIRED) == Options(data_dir=Path("/data"), lambda_python=Path("/python"))


def test_every_option_is_read() -> None:
    given = ["--node-dir", "/node", "--node-path", "/modules", "--port", "1", "--region", "eu-west-1"]

    given += ["--host", "127.0.0.2", "--watch-stdin", "--iam", "--time-scale", "0.5"]

    assert parse_options([*_REQUIRED, *given]) == Options(
        data_dir=Path("/data"),
        lambda_python=Path("/python"),
        node_dir=Path("/node"),
        node_path=Path("/modules"),
        host="127.0.0.2",
        port=1,
        region="eu-west-1",
        watch_stdin=True,
        iam=True,
        time_scale=0.5,
    )


@pytest.mark.parametrize("scale", ["-1", "1.5", "nan"])
def test_fails_on_a_time_scale_out_of_its_range(scale: str) -> None:
    with pytest.raises(LocalRunError) as caught:
        parse_options([*_REQUIRED, "--time-scale", scale])

    assert str(caught.value) == (
        f"InvalidTimeScale: time_scale must be from 0 to 1, got {float(scale)!r}; "
        "use 1 for the service's own waits, or less for shorter ones"
    )


@pytest.mark.parametrize(("iam", "auth"), [(False, None), (True, "true")])
def test_ministack_enforces_policies_when_the_engine_does(iam: bool, auth: str | None) -> None:
    options = Options(data_dir=Path("/data"), lambda_python=Path("/python"), iam=iam)

    assert emulator_environment(options, port=1, path="/bin").get("AUTH") == auth


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::", "::1", "example.com", ""])
def test_fails_on_an_address_that_is_not_loopback(host: str) -> None:
    with pytest.raises(LocalRunError) as caught:
        parse_options([*_REQUIRED, "--host", host])

    assert str(caught.value) == (
        f"NotLoopback: host must be an IPv4 loopback address, got {host!r}; "
        "use '127.0.0.1': the engine runs code for whoever can reach it"
    )


def test_the_engine_s_environment_is_its_own() -> None:
    options = Options(data_dir=Path("/data"), lambda_python=Path("/python"), node_dir=Path("/node"))

    environment = emulator_environment(options, port=4566, path="/bin")

    assert environment["PATH"] == "/node:/bin"
    assert environment["GATEWAY_PORT"] == "4566"
    assert {environment[name] for name in ("BIND_HOST", "MINISTACK_HOST")} == {"127.0.0.1"}
    assert [name for name in environment if name.startswith(("AWS_", "PYTHON", "NODE_"))] == []
    for name in ("HOME", "TMPDIR", "S3_DATA_DIR", "STATE_DIR"):
        assert environment[name].startswith("/data/")


def test_node_modules_are_found_when_there_are_any() -> None:
    options = Options(data_dir=Path("/data"), lambda_python=Path("/python"), node_path=Path("/modules"))

    environment = emulator_environment(options, port=1, path="/bin")

    assert (environment["NODE_PATH"], environment["PATH"]) == ("/modules", "/bin")
