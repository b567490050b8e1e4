"""The environment variables of a job: what SageMaker's containers have, and nothing of the caller's own."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

# What a job may know of this machine: its language and clock, how to reach the engine, and how to reach a
# package index when its code brings a requirements.txt.
_PASSED_ON = frozenset(
    {
        *("LANG", "LC_ALL", "LC_CTYPE", "TZ"),
        *("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *(
            "PIP_CONFIG_FILE",
            "PIP_INDEX_URL",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_NO_INDEX",
            "PIP_CERT",
        ),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    }
)


def job_environment(
    *, folder: Path, region: str, account: str, caller: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Returns the variables that every job gets, and prepares the folders they name.

    ``python``, ``python3``, ``pip`` and ``pip3`` are this interpreter's; what a job installs goes into its
    own folder and leaves this environment as it is.

    Args:
        folder: The job's folder.
        region: Region the job believes to run in.
        account: Account the job believes to run in; the credentials are dummies that name it.
        caller: Environment to pass the allowed variables on from. Default: this process's.
    """
    source = os.environ if caller is None else caller
    home, installed = folder / "home", folder / "site-packages"
    for path in (home, installed, folder / "tmp"):
        path.mkdir(parents=True, exist_ok=True)
    return {
        **{name: source[name] for name in sorted(_PASSED_ON & source.keys())},
        "PATH": os.pathsep.join((str(_commands(folder / "bin")), "/usr/local/bin", "/usr/bin", "/bin")),
        "PYTHONPATH": str(installed),
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "PIP_TARGET": str(installed),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HOME": str(home),
        "TMPDIR": str(folder / "tmp"),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _commands(folder: Path) -> Path:
    """Writes the commands that scripts call Python by; links would lose the virtual environment."""
    folder.mkdir(parents=True, exist_ok=True)
    python = shlex.quote(sys.executable)
    for name, command in (("python", python), ("pip", f"{python} -m pip")):
        for path in (folder / name, folder / f"{name}3"):
            path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            path.chmod(0o755)
    return folder
