"""A full disk is called by its name, whoever met it."""

from __future__ import annotations

import errno
import os

import pytest

from cdk_sagemaker_mlops.cli.outcome import unexpected_error
from cdk_sagemaker_mlops.local.disk_full import is_disk_full, tells_disk_full


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_system_s_errors_for_it(number: int) -> None:
    error = OSError(number, os.strerror(number), "/data/engine")
    assert is_disk_full(error)
    assert str(unexpected_error(error)) == (
        "DiskFull: disk must have free space for the local engine's data (TMPDIR) and its caches (CDK_MLOPS_CACHE),"
        " got '/data/engine'; free some space, or set TMPDIR and CDK_MLOPS_CACHE to folders on another disk"
    )


def test_other_errors_are_not_it() -> None:
    assert not is_disk_full(PermissionError(errno.EACCES, "denied"))
    assert not is_disk_full(ValueError("ENOSPC"))
    assert unexpected_error(ValueError("x")).code == "Unexpected"


def test_what_programs_say_of_it() -> None:
    assert tells_disk_full(["fine", "Error: ENOSPC: no space left on device, write"])
    assert tells_disk_full(["OSError: [Errno 28] No space left on device: '/x'"])
    assert not tells_disk_full(["there is space left on the device", ""])
