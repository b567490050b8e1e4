"""Texts kept in a folder of files, for any number of processes at a time."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from cdk_sagemaker_mlops.config.cache_folder import cache_folder

SETTING = "CDK_MLOPS_DEFINITION_CACHE"
_OFF = "off"
_SUFFIX, _UNFINISHED = ".json", ".tmp"
_MAX_AGE_SECONDS = 30 * 24 * 3600
_MAX_UNFINISHED_SECONDS = 3600
_MAX_BYTES = 256 * 1024 * 1024
_MAX_ENTRY_BYTES = 32 * 1024 * 1024


def store_folder(environment: Mapping[str, str]) -> Path | None:
    """Says where definitions are kept; the folder need not exist yet.

    Args:
        environment: Environment variables, such as ``os.environ``. ``CDK_MLOPS_DEFINITION_CACHE`` is ``off``
            or the folder itself; without it, the folder is ``definitions`` in ``CDK_MLOPS_CACHE``, or in
            ``cdk-sagemaker-mlops`` where the XDG specification has caches. An empty value counts as not set.

    Returns:
        An absolute path, or ``None`` if nothing is to be kept.
    """
    setting = environment.get(SETTING, "")
    if setting.lower() == _OFF:
        return None
    if setting:
        return Path(setting).absolute()
    try:
        return cache_folder(environment) / "definitions"
    except RuntimeError:  # a user without a home, and nothing else that names a folder
        return None


class CacheStore:
    """Keeps a text under a key, until it is a month unused or newer ones need its place.

    An entry is written under a temporary name and renamed, so that no process sees half of one. One that is
    damaged, or that belongs to another key, is not there. A folder that cannot be written keeps nothing.

    Args:
        folder: Where the entries are; it is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> str | None:
        """Returns the text that is kept under exactly this key."""
        path = self._path(key)
        try:
            entry = json.loads(path.read_bytes())
            if entry["key"] != key or entry["sha256"] != _sha256(entry["text"]):
                return None
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        text: str = entry["text"]
        return text

    def write(self, key: str, text: str) -> None:
        """Keeps ``text``, unless it is larger than 32 MiB, and removes what is old."""
        entry = json.dumps({"key": key, "sha256": _sha256(text), "text": text}).encode()
        if len(entry) > _MAX_ENTRY_BYTES:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._replace(self._path(key), entry)
            self._remove_old()
        except OSError:
            return

    def _path(self, key: str) -> Path:
        return self._folder / f"{_sha256(key)}{_SUFFIX}"

    def _replace(self, path: Path, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=_UNFINISHED)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _remove_old(self) -> None:
        now, kept = time.time(), 0
        for path, modified, size in sorted(self._files(), key=lambda file: file[1], reverse=True):
            unfinished = path.suffix == _UNFINISHED
            kept += size
            longest = _MAX_UNFINISHED_SECONDS if unfinished else _MAX_AGE_SECONDS
            if now - modified > longest or (kept > _MAX_BYTES and not unfinished):
                path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        for path in self._folder.iterdir():
            if path.suffix not in (_SUFFIX, _UNFINISHED):
                continue
            try:
                status = path.stat()
            except FileNotFoundError:  # another process removed it
                continue
            yield path, status.st_mtime, status.st_size


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
