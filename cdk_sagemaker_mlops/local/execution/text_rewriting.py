"""Replaces text in files, and in the members of archives, below a folder."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

Replace = Callable[[str], str]

# Code and configuration are far smaller; data this large is not searched.
_LARGEST_TEXT = 4 * 1024 * 1024

# First bytes of a compressed archive, and tarfile's mode that writes one.
_COMPRESSIONS = {b"\x1f\x8b": "w:gz", b"BZh": "w:bz2", b"\xfd7zXZ": "w:xz"}


def rewrite_tree(tree: Path, *, mention: str, replace: Replace) -> None:
    """Applies ``replace`` to every text file and tar archive at or below ``tree`` that holds ``mention``.

    Binary files, files over 4 MB and links are left alone.

    Args:
        tree: A folder or a file; nothing happens when it does not exist.
        mention: Text without which a file is left alone.
        replace: Returns the new content of a text.
    """
    paths = [tree] if tree.is_file() else sorted(tree.rglob("*")) if tree.is_dir() else []
    for path in paths:
        if path.is_symlink() or not path.is_file():
            continue
        if tarfile.is_tarfile(path):
            _rewrite_archive(path, mention, replace)
        elif path.stat().st_size <= _LARGEST_TEXT:
            content = path.read_bytes()
            changed = _rewritten(content, mention, replace)
            if changed is not content:
                path.write_bytes(changed)


def _rewritten(content: bytes, mention: str, replace: Replace) -> bytes:
    if mention.encode() not in content or b"\0" in content:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return replace(text).encode()


def _rewrite_archive(path: Path, mention: str, replace: Replace) -> None:
    with tarfile.open(path) as archive:
        changed = {
            member.name: new
            for member in archive
            if (new := _rewritten_member(archive, member, mention, replace)) is not None
        }
    if not changed:
        return
    # Compressed as before, so that whoever opens it finds what it expects.
    with path.open("rb") as file:
        start = file.read(6)
    mode = next((mode for magic, mode in _COMPRESSIONS.items() if start.startswith(magic)), "w")
    beside = path.with_name(f"{path.name}.rewritten")
    with tarfile.open(path) as source, tarfile.open(beside, mode) as target:  # type: ignore[call-overload]
        for member in source:
            if member.name in changed:
                member.size = len(changed[member.name])
                target.addfile(member, io.BytesIO(changed[member.name]))
            else:
                target.addfile(member, source.extractfile(member) if member.isfile() else None)
    beside.replace(path)


def _rewritten_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, mention: str, replace: Replace
) -> bytes | None:
    """Returns the new content of a member, or ``None`` when it stays."""
    if not member.isfile() or member.size > _LARGEST_TEXT:
        return None
    file = archive.extractfile(member)
    content = b"" if file is None else file.read()
    changed = _rewritten(content, mention, replace)
    return None if changed is content else changed
