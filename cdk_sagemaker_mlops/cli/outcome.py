"""Turns how a command ended into an exit code, and an error into one object or a few lines."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.errors import LocalRunError, MlopsError, Problem, ValidationError
from cdk_sagemaker_mlops.local.disk_full import disk_full, is_disk_full
from cdk_sagemaker_mlops.local.interruption import conclude, interruptible

SUCCEEDED = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


def carry_out(
    command: Callable[[], None],
    *,
    known: Callable[[], dict[str, Any]] | None,
    verbose: bool,
    interrupted: str = "Interrupted: stopped and cleaned up",
) -> int:
    """Runs a command to its end, whatever end that is.

    Args:
        command: What to do.
        known: Gives the JSON object to print afterwards, to which an error is added. ``None`` prints none.
        verbose: Whether an error's traceback is shown.
        interrupted: What to say when the user stopped it. Default: that it was stopped and cleaned up.

    Returns:
        The exit code: 0, 1 (failed), 2 (wrong usage) or 130 (interrupted).
    """
    with interruptible():
        exit_code, error = _end_of(command, verbose=verbose, interrupted=interrupted)
        if error is not None:
            sys.stderr.write(error["message"] + "\n")
        if known is not None:
            print_json(known() if error is None else {**known(), "error": error})
    return exit_code


def _end_of(
    command: Callable[[], None], *, verbose: bool, interrupted: str
) -> tuple[int, dict[str, str] | None]:
    try:
        try:
            command()
        finally:
            # How it ended is settled: a signal that comes later must not cut the telling short.
            conclude()
    except KeyboardInterrupt:
        return INTERRUPTED, _as_json("Interrupted", interrupted)
    except MlopsError as raised:
        _show_traceback(verbose)
        exit_code = WRONG_USAGE if isinstance(raised, ValidationError) else FAILED
        return exit_code, _as_json(raised.code, str(raised))
    except Exception as raised:  # nobody after this one could say anything
        _show_traceback(verbose)
        unexpected = unexpected_error(raised)
        return FAILED, _as_json(unexpected.code, str(unexpected))
    return SUCCEEDED, None


def _as_json(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def _show_traceback(verbose: bool) -> None:
    if verbose:
        traceback.print_exc()


def unexpected_error(error: Exception) -> LocalRunError:
    """Words an exception that nothing expected."""
    if is_disk_full(error):
        return LocalRunError(disk_full(getattr(error, "filename", None)))
    return LocalRunError(
        Problem(
            code="Unexpected",
            parameter="cdk-mlops",
            rule="end without an unexpected error",
            value=f"{type(error).__name__}: {error}",
            fix="run it again with --verbose and report what it shows",
        )
    )


def print_json(value: dict[str, Any]) -> None:
    """Prints one JSON object on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
