"""Where the caches live: what is kept between two runs or syntheses, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OVERRIDE = "CDK_MLOPS_CACHE"


def cache_folder(environment: Mapping[str, str], home: Path | None = None) -> Path:
    """Says which folder holds the caches; it need not exist yet.

    Args:
        environment: Environment variables, such as ``os.environ``. ``CDK_MLOPS_CACHE`` names the folder
            itself, ``XDG_CACHE_HOME`` the folder that holds it. An empty value counts as not set.
        home: The user's home folder. Default: ``None``, the one that the system knows.

    Returns:
        An absolute path.

    Raises:
        RuntimeError: The user has no home, and no variable names a folder.
    """
    override = environment.get(OVERRIDE, "")
    if override:
        return Path(override).absolute()
    parent = environment.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    if parent and Path(parent).is_absolute():
        return Path(parent) / "cdk-sagemaker-mlops"
    return (Path.home() if home is None else home) / ".cache" / "cdk-sagemaker-mlops"
