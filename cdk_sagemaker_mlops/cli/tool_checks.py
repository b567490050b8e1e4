"""Checks of Node and the CDK CLI."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cdk_sagemaker_mlops.cli.checkup import Check, failed, passed, warned
from cdk_sagemaker_mlops.errors import MlopsError
from cdk_sagemaker_mlops.local.toolchain import CDK_CLI, find_node

# https://github.com/aws/aws-cdk: the oldest line of Node that jsii does not warn about.
_OLDEST_NODE = 20
_SECONDS = 30
_NODE_FIX = "install Node.js 22 or newer from https://nodejs.org, or pip install 'cdk-sagemaker-mlops[local]'"
_CDK_FIX = f"npm install -g aws-cdk@{CDK_CLI}; cdk-mlops local brings its own"


def node_check() -> Check:
    """Checks that a Node new enough for CDK is there."""
    node = _node()
    told = None if node is None else _told([str(node), "--version"])
    if node is None or told is None:
        return failed("Node.js", "not found on PATH, nor in this Python's packages", fix=_NODE_FIX)
    major = re.match(r"v(\d+)\.", told)
    if major is None or int(major[1]) < _OLDEST_NODE:
        return failed("Node.js", f"{told} at {node} is too old for CDK", fix=_NODE_FIX)
    return passed("Node.js", f"{told} at {node}")


def _node() -> Path | None:
    on_path = shutil.which("node")
    if on_path is not None:
        return Path(on_path)
    try:
        return find_node()[0]
    except MlopsError:
        return None


def cdk_check() -> Check:
    """Checks that the CDK CLI is there, and is one that reads what this aws-cdk-lib writes."""
    cdk = shutil.which("cdk")
    told = None if cdk is None else _told([cdk, "--version"])
    library = _library_version()
    if told is None:
        return warned(
            "CDK CLI", f"not found on PATH; tested with aws-cdk-lib {library}: {CDK_CLI}", fix=_CDK_FIX
        )
    found = re.match(r"\d+\.\d+\.\d+", told)
    if found is None or _numbers(found[0]) < _numbers(CDK_CLI):
        text = f"{told} is older than {CDK_CLI}, and may not read what aws-cdk-lib {library} writes"
        return warned("CDK CLI", text, fix=_CDK_FIX)
    return passed("CDK CLI", f"{found[0]} at {cdk}, aws-cdk-lib {library}")


def _library_version() -> str:
    try:
        return version("aws-cdk-lib")
    except PackageNotFoundError:
        return "not installed"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _told(command: list[str]) -> str | None:
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() or None
