"""A Python for Lambda functions: an interpreter that has what AWS's runtime has, boto3, and nothing else.

It is made of what is installed already, so it needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

_ROOT = "boto3"


def lambda_python(cache_dir: Path) -> Path:
    """Gives the interpreter, building it when the cache has none for what is installed now.

    Args:
        cache_dir: Folder to keep it in. Several processes may build at once: the first to finish stays.

    Returns:
        The interpreter's path.
    """
    distributions = closure(_ROOT)
    home = cache_dir / f"lambda-python-{_fingerprint(distributions)}"
    if not home.exists():
        _build(home, distributions)
    return _interpreter(home)


def closure(name: str) -> list[Distribution]:
    """A distribution and everything it needs, of what is installed, by name.

    Args:
        name: Name of the distribution.

    Raises:
        PackageNotFoundError: It, or something it cannot do without, is not installed.
    """
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        wanted = waiting.pop()
        if wanted.lower() in found:
            continue
        installed = distribution(wanted)
        found[wanted.lower()] = installed
        needs = (Requirement(text) for text in installed.requires or ())
        # Extras are not asked for, as in AWS's runtime.
        waiting.extend(
            need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})
        )
    return [found[key] for key in sorted(found)]


def _fingerprint(distributions: Iterable[Distribution]) -> str:
    parts = [sys.executable, sys.version, *(f"{item.name}=={item.version}" for item in distributions)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _interpreter(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _build(home: Path, distributions: Iterable[Distribution]) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed: another process never sees half of it. A virtual environment without pip and
    # activation has no path of its own inside, other than in comments, so it may be moved.
    aside = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
    try:
        venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(aside)
        packages = next(aside.rglob("site-packages"))
        for item in distributions:
            _copy(item, packages)
        aside.rename(home)
    except OSError:
        if not home.exists():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy(item: Distribution, packages: Path) -> None:
    """Copies the modules of a distribution: not its scripts, which lie outside of ``site-packages``."""
    if item.files is None:
        raise PackageNotFoundError(item.name)
    for file in item.files:
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = packages / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), target)
