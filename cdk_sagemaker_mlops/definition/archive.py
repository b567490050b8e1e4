"""Archives whose bytes depend on their members alone: not on time, user, machine or file order."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_LEFT_OUT_DIRECTORIES = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".venv"})
_LEFT_OUT_SUFFIXES = (".pyc", ".pyo")
_LEFT_OUT_NAMES = frozenset({".DS_Store"})
_ARCHIVE_SUFFIXES = (".tar.gz", ".tgz")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_WRITE, _READ_WRITE_EXECUTE = 0o644, 0o755


def is_left_out(relative_path: str) -> bool:
    """Tells whether a file is a by-product that never belongs to code: byte code, caches, version control."""
    *directories, name = relative_path.split("/")
    return (
        name in _LEFT_OUT_NAMES
        or name.endswith(_LEFT_OUT_SUFFIXES)
        or not _LEFT_OUT_DIRECTORIES.isdisjoint([*directories, name])
    )


def read_tree(directory: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Yields (path relative to ``directory``, content, executable) of each file, sorted by path."""
    paths = sorted(
        (Path(folder, name) for folder, _, names in os.walk(directory) for name in names),
        key=lambda path: path.relative_to(directory).as_posix(),
    )
    for path in paths:
        relative = path.relative_to(directory).as_posix()
        if not is_left_out(relative):
            yield relative, path.read_bytes(), os.access(path, os.X_OK)


def pack(members: Mapping[str, tuple[bytes, bool]]) -> bytes:
    """Packs members, path to (content, executable), into a ``.tar.gz``.

    Stored without compression: code is small, and a stored archive is quick to hash.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(members):
            content, executable = members[name]
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = _READ_WRITE_EXECUTE if executable else _READ_WRITE
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), compresslevel=0, mtime=0)


def pack_directory(directory: Path) -> bytes:
    """Packs the files of ``directory``, by-products left out, into a ``.tar.gz``."""
    return pack({path: (content, executable) for path, content, executable in read_tree(directory)})


def normalised(name: str, content: bytes) -> bytes:
    """Returns ``content``, repacked if ``name`` says that it is an archive of code.

    The SDK packs with the current time, the current user and the order of the file system.
    """
    if name.endswith(".zip"):
        return _normalised_zip(content)
    if not name.endswith(_ARCHIVE_SUFFIXES):
        return content
    members: dict[str, tuple[bytes, bool]] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        for member in tar.getmembers():
            path = member.name.removeprefix("./")
            file = None if member.isdir() else tar.extractfile(member)  # follows links inside the archive
            if file is not None and not is_left_out(path):
                members[path] = (file.read(), bool(member.mode & 0o100))
    return pack(members)


def _normalised_zip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for member in sorted(source.infolist(), key=lambda member: member.filename):
            if member.is_dir() or is_left_out(member.filename):
                continue
            info = zipfile.ZipInfo(member.filename, date_time=_ZIP_EPOCH)
            executable = member.external_attr >> 16 & 0o100
            info.external_attr = (_READ_WRITE_EXECUTE if executable else _READ_WRITE) << 16
            target.writestr(info, source.read(member))
    return buffer.getvalue()


def hashed_content(name: str, content: bytes) -> bytes:
    """Returns what identifies a file: of an archive its unpacked bytes, which no zlib version changes."""
    return gzip.decompress(content) if name.endswith(_ARCHIVE_SUFFIXES) else content
