"""The environment that the CDK CLI and the app run in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# What would point a tool at another account, proxy, configuration or library than the local run's own.
_DROPPED_PREFIXES = ("AWS_", "CDK_", "JSII_", "NODE_", "NPM_", "DOTNET_", "PYTHONHOME", "TELEMETRY_")
# This library's own, for the app: where finished pipeline definitions are kept.
_KEPT = {"CDK_MLOPS_DEFINITION_CACHE"}
_DROPPED = {
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "CI",
    "FORCE_COLOR",
    "TMPDIR",
    "TMP",
    "TEMP",
}


def tool_environment(
    user: Mapping[str, str],
    *,
    engine: Mapping[str, str],
    home: Path,
    cache: Path,
    first_on_path: tuple[Path, ...],
) -> dict[str, str]:
    """Builds the whole environment of the CDK CLI and, through it, of the app.

    The user's own variables stay, because an app may read them; those that configure AWS, CDK, Node, npm or a
    proxy go, and the engine's take their place.

    Args:
        user: The user's environment.
        engine: Variables that point AWS clients at the engine.
        home: Home folder of the tools: an empty one, so that no configuration of the user's is read.
        cache: Folder of the caches.
        first_on_path: Folders searched for programs before the user's.
    """
    kept = {name: value for name, value in user.items() if not _is_dropped(name)}
    path = os.pathsep.join([*(str(folder) for folder in first_on_path), user.get("PATH", os.defpath)])
    return {
        **kept,
        **_python_cache(user, cache),
        **engine,
        "PATH": path,
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_CONFIG_FILE": str(home / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        # The CLI asks the operating system for the home folder, not HOME.
        "CDK_HOME": str(home / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        # An unchanged app does not import the SageMaker SDK: that is kept from run to run, unlike the home.
        "CDK_MLOPS_CACHE": str(cache),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cache / "jsii"),
        "NODE_COMPILE_CACHE": str(cache / "node-compile-cache"),
    }


def _is_dropped(name: str) -> bool:
    upper = name.upper()
    return upper not in _KEPT and (upper in _DROPPED or upper.startswith(_DROPPED_PREFIXES))


def _python_cache(user: Mapping[str, str], cache: Path) -> dict[str, str]:
    # PYTHONDONTWRITEBYTECODE asks for no __pycache__ beside sources. Where the installer compiled nothing
    # either, every start of the app would compile aws_cdk and the SageMaker SDK anew: seconds, each time.
    if not user.get("PYTHONDONTWRITEBYTECODE") or user.get("PYTHONPYCACHEPREFIX"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache / "pycache")}
