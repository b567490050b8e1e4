"""Tells a full disk from other errors, so that it is called by its name."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from cdk_sagemaker_mlops.errors import Problem

# What Python and libc say, and what Node says.
_SIGNS = ("No space left on device", "ENOSPC", "Disk quota exceeded", "EDQUOT")


def is_disk_full(error: BaseException) -> bool:
    """Says whether an exception means that there is no room on a disk."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def tells_disk_full(lines: Iterable[str]) -> bool:
    """Says whether a program's output means that there is no room on a disk."""
    return any(sign in line for line in lines for sign in _SIGNS)


def disk_full(where: object) -> Problem:
    """Words the problem.

    Args:
        where: The file or folder concerned, or the program that met it.
    """
    return Problem(
        code="DiskFull",
        parameter="disk",
        rule="have free space for the local engine's data (TMPDIR) and its caches (CDK_MLOPS_CACHE)",
        value=str(where),
        fix="free some space, or set TMPDIR and CDK_MLOPS_CACHE to folders on another disk",
    )
