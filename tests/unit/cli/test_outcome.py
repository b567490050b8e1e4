"""Exit codes, and errors as people and programs read them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from cdk_sagemaker_mlops.cli.outcome import carry_out
from cdk_sagemaker_mlops.errors import LocalRunError, Problem, ValidationError

PROBLEM = Problem(code="WrongThing", parameter="thing", rule="be right", value=1, fix="correct it")
TEXT = "WrongThing: thing must be right, got 1; correct it"


def raising(error: BaseException):
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "exit_code", "text"),
    [
        (ValidationError(PROBLEM), 2, TEXT),
        (LocalRunError(PROBLEM), 1, TEXT),
        (KeyboardInterrupt(), 130, "Interrupted: stopped and cleaned up"),
        (
            ZeroDivisionError("division by zero"),
            1,
            "Unexpected: cdk-mlops must end without an unexpected error, got 'ZeroDivisionError: division by zero';"
            " run it again with --verbose and report what it shows",
        ),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(error, exit_code, text, capsys) -> None:
    assert carry_out(raising(error), known=None, verbose=False) == exit_code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"{text}\n")


def test_the_error_is_added_to_what_is_known(capsys) -> None:
    assert carry_out(raising(LocalRunError(PROBLEM)), known=lambda: {"seconds": {}}, verbose=False) == 1
    assert json.loads(capsys.readouterr().out) == {
        "seconds": {},
        "error": {"code": "WrongThing", "message": TEXT},
    }


def test_success_prints_what_is_known_and_nothing_else(capsys) -> None:
    assert carry_out(lambda: None, known=lambda: {"name": "é"}, verbose=False) == 0
    captured = capsys.readouterr()
    assert (json.loads(captured.out), captured.err) == ({"name": "é"}, "")


def test_verbose_shows_the_traceback(capsys) -> None:
    carry_out(raising(LocalRunError(PROBLEM)), known=None, verbose=True)
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith(f"{TEXT}\n")


def test_sigterm_is_an_interruption(capsys) -> None:
    assert carry_out(lambda: os.kill(os.getpid(), signal.SIGTERM), known=None, verbose=False) == 130


def test_a_signal_that_comes_when_all_is_done_does_not_cut_the_report_short(capsys) -> None:
    def known() -> dict[str, str]:
        os.kill(os.getpid(), signal.SIGINT)
        return {"name": "all of it"}

    assert carry_out(lambda: None, known=known, verbose=False) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "all of it"}
    assert carry_out(raising(LocalRunError(PROBLEM)), known=known, verbose=False) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "WrongThing"


def test_a_process_that_is_leaving_ends_as_it_said() -> None:
    code = (
        "import atexit, os, signal\n"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
        "from cdk_sagemaker_mlops.cli import main\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
