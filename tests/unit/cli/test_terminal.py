"""Progress on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cdk_sagemaker_mlops.cli.terminal import LiveProgress, PlainProgress, terminal
from cdk_sagemaker_mlops.local.progress import Detail, Event, Note, StageFinished, StageStarted, StepChanged

EVENTS: list[Event] = [
    StageStarted(name="pipeline", title="Run pipeline [churn]"),
    Detail(text="starting"),
    StepChanged(name="Train", status="Executing"),
    StepChanged(name="Train", status="Succeeded", seconds=2.25),
    Note(text="Log:\n[1] two lines"),
    StageFinished(name="pipeline", title="Run pipeline [churn]", seconds=3.0, succeeded=True),
    StageFinished(name="deploy", title="Deploy", seconds=1.0, succeeded=False),
    Note(text="over"),
]


def test_plain_lines_name_their_stage(capsys: pytest.CaptureFixture[str]) -> None:
    plain = PlainProgress()
    for event in EVENTS[:6] + EVENTS[7:]:
        plain.show(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "[pipeline] Run pipeline [churn]",
        "[pipeline]   Train: Executing",
        "[pipeline]   Train: Succeeded in 2.2 s",
        "[pipeline] Log:",
        "[pipeline] [1] two lines",
        "[pipeline] done in 3.0 s",
        "[cdk-mlops] over",
    ]


def test_a_stage_that_failed_is_not_called_done(capsys: pytest.CaptureFixture[str]) -> None:
    PlainProgress().show(EVENTS[6])
    assert capsys.readouterr().err == "[cdk-mlops] did not finish in 1.0 s\n"


def live() -> tuple[LiveProgress, Console]:
    console = Console(file=io.StringIO(), width=60)
    return LiveProgress(console), console


def rendered(progress: LiveProgress) -> str:
    console = Console(file=io.StringIO(), width=60)
    console.print(progress.render())
    return console.file.getvalue()


def test_a_terminal_keeps_what_has_ended() -> None:
    progress, console = live()
    for event in EVENTS:
        progress.show(event)
    assert console.file.getvalue().splitlines() == [
        "    Train Succeeded 2.2 s",
        "Log:",
        "[1] two lines",
        "✓ Run pipeline [churn] 3.0 s",
        "✗ Deploy 1.0 s",
        "over",
    ]
    assert rendered(progress) == "\n"


def test_a_terminal_shows_what_is_going_on() -> None:
    progress, _console = live()
    for event in EVENTS[:3]:
        progress.show(event)
    shown = rendered(progress)
    assert "Run pipeline [churn] 0 s" in shown
    assert "Train 0 s" in shown
    assert "starting" in shown


def test_standard_error_that_is_no_terminal_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal() as tell:
        tell(Note(text="hello"))
    assert capsys.readouterr().err == "[cdk-mlops] hello\n"


def test_a_step_that_used_an_earlier_result_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    event = StepChanged(name="Train", status="Succeeded", seconds=0.1, cached=True)
    PlainProgress().show(event)
    assert capsys.readouterr().err == "[cdk-mlops]   Train: Succeeded in 0.1 s, from an earlier execution\n"
    shown = io.StringIO()
    LiveProgress(Console(file=shown)).show(event)
    assert "Train Succeeded 0.1 s, from an earlier execution" in shown.getvalue()
