"""Where the caches live: everything that is kept between two local runs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OVERRIDE = "CDK_MLOPS_CACHE"


def cache_folder(environment: Mapping[str, str], home: Path) -> Path:
    """Says which folder holds the caches; it need not exist yet.

    Args:
        environment: Environment variables, such as ``os.environ``. ``CDK_MLOPS_CACHE`` names the folder
            itself, ``XDG_CACHE_HOME`` the folder that holds it. An empty value counts as not set.
        home: The user's home folder.

    Returns:
        An absolute path.
    """
    override = environment.get(OVERRIDE, "")
    if override:
        return Path(override).absolute()
    parent = environment.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    root = Path(parent) if parent and Path(parent).is_absolute() else home / ".cache"
    return root / "cdk-sagemaker-mlops"
