"""What the engine is started with."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import LocalRunError, Problem

ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
DEFAULT_TIME_SCALE = 1 / 600


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line of ``python -m cdk_sagemaker_mlops.local.engine``.

    Args:
        data_dir: Folder that everything the engine writes is kept in; whoever started it deletes it.
        lambda_python: Interpreter that Python functions run with.
        node_dir: Folder of the ``node`` that Node functions run with. Default: ``None``, the one on ``PATH``.
        node_path: Folder of the Node modules that Lambda's runtime carries. Default: ``None``, there are
        none.
        host: IPv4 loopback address to listen on. Default: ``'127.0.0.1'``.
        port: Port to listen on. Default: ``0``, a free one.
        region: Region of requests that name none. Default: ``'us-east-1'``.
        watch_stdin: Whether the engine ends when its standard input does, that is, when whoever started it
        has
            gone. Default: ``False``.
        iam: Whether roles' policies are enforced. Whoever calls with the access key ``test`` stays root.
            Default: ``False``.
        time_scale: Factor on the waits of endpoint deployments, such as bake times, 0 to 1. Default:
            ``1 / 600``, ten minutes take a second.

    Raises:
        LocalRunError: ``host`` is not an IPv4 loopback address, or ``time_scale`` is out of its range.
    """

    data_dir: Path
    lambda_python: Path
    node_dir: Path | None = None
    node_path: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    region: str = DEFAULT_REGION
    watch_stdin: bool = False
    iam: bool = False
    time_scale: float = DEFAULT_TIME_SCALE

    def __post_init__(self) -> None:
        if not 0 <= self.time_scale <= 1:
            raise LocalRunError(
                Problem(
                    code="InvalidTimeScale",
                    parameter="time_scale",
                    rule="be from 0 to 1",
                    value=self.time_scale,
                    fix="use 1 for the service's own waits, or less for shorter ones",
                )
            )
        if not _is_loopback(self.host):
            raise LocalRunError(
                Problem(
                    code="NotLoopback",
                    parameter="host",
                    rule="be an IPv4 loopback address",
                    value=self.host,
                    fix="use '127.0.0.1': the engine runs code for whoever can reach it",
                )
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def parse_options(arguments: Sequence[str]) -> Options:
    """Reads the command line.

    Raises:
        LocalRunError: An option's value is not one that the engine takes.
    """
    parser = argparse.ArgumentParser(prog="python -m cdk_sagemaker_mlops.local.engine")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--lambda-python", type=Path, required=True)
    parser.add_argument("--node-dir", type=Path)
    parser.add_argument("--node-path", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--watch-stdin", action="store_true")
    parser.add_argument("--iam", action="store_true")
    parser.add_argument("--time-scale", type=float, default=DEFAULT_TIME_SCALE)
    return Options(**vars(parser.parse_args(arguments)))


def emulator_environment(options: Options, *, port: int, path: str) -> dict[str, str]:
    """The whole environment of the engine, which its Lambda functions inherit.

    Args:
        options: What the engine was started with.
        port: Port it listens on.
        path: ``PATH`` that it was started with.
    """
    environment = {
        "PATH": path if options.node_dir is None else f"{options.node_dir}{os.pathsep}{path}",
        "HOME": str(options.data_dir / "home"),
        "TMPDIR": str(options.data_dir / "tmp"),
        "LANG": "C.UTF-8",
        # Read by ministack when it is imported.
        "BIND_HOST": options.host,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": options.host,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": options.region,
        "S3_DATA_DIR": str(options.data_dir / "s3"),
        "STATE_DIR": str(options.data_dir / "state"),
        "DOCKER_HOST": f"unix://{options.data_dir / 'no-docker.sock'}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
    }
    if options.iam:
        environment["AUTH"] = "true"
    if options.node_path is not None:
        environment["NODE_PATH"] = str(options.node_path)
    return environment
