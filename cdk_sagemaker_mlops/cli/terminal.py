"""Shows a run's progress on standard error: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from cdk_sagemaker_mlops.local.progress import (
    Detail,
    Event,
    Listener,
    Note,
    StageFinished,
    StageStarted,
    StepChanged,
)


@contextmanager
def terminal() -> Iterator[Listener]:
    """Gives the listener that suits standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield PlainProgress().show
        return
    live = LiveProgress(console)
    try:
        yield live.show
    finally:
        live.close()


class PlainProgress:
    """One line for each thing worth keeping, each with its stage's name in front."""

    def __init__(self) -> None:
        self._stage = "cdk-mlops"

    def show(self, event: Event) -> None:
        """Prints an event. What only tells what is being done at this moment is left out."""
        if isinstance(event, StageStarted):
            self._stage = event.name
            self._print(event.title)
        elif isinstance(event, StageFinished):
            self._print(f"{'done' if event.succeeded else 'did not finish'} in {event.seconds:.1f} s")
            self._stage = "cdk-mlops"
        elif isinstance(event, StepChanged):
            self._print(f"  {step_text(event)}")
        elif isinstance(event, Note):
            for line in event.text.splitlines():
                self._print(line)

    def _print(self, text: str) -> None:
        sys.stderr.write(f"[{self._stage}] {text}\n")
        sys.stderr.flush()


class LiveProgress:
    """Finished stages and steps as lines, what is going on below them.

    Only while a stage runs is anything redrawn: in between, others may print and ask questions.

    Args:
        console: Where to show it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("dots")
        self._title = ""
        self._detail = ""
        self._began = time.monotonic()
        self._steps: dict[str, float] = {}
        self._live: Live | None = None

    def show(self, event: Event) -> None:
        """Prints what stays, and remembers what :meth:`render` shows."""
        if isinstance(event, StageStarted):
            self._title, self._detail, self._began = event.title, "", time.monotonic()
            self._open()
        elif isinstance(event, StageFinished):
            self.close()
            mark, style = ("✓", "green") if event.succeeded else ("✗", "red")
            self._line(f"{mark} {event.title}", f" {event.seconds:.1f} s", style)
            self._title, self._detail = "", ""
            self._steps.clear()
        elif isinstance(event, StepChanged):
            self._show_step(event)
        elif isinstance(event, Detail):
            self._detail = event.text
        else:
            self._console.print(Text(event.text))

    def _open(self) -> None:
        self.close()
        # Standard output is the command's result: it must not be drawn with the progress.
        self._live = Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()

    def close(self) -> None:
        """Stops redrawing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show_step(self, event: StepChanged) -> None:
        if event.seconds is None:
            self._steps.setdefault(event.name, time.monotonic())
            return
        self._steps.pop(event.name, None)
        told = f"{event.status} {event.seconds:.1f} s{_cached(event)}"
        self._line(f"    {event.name}", f" {told}", "cyan")

    def _line(self, text: str, after: str, style: str) -> None:
        self._console.print(Text.assemble((text, style), (after, "dim")))

    def render(self) -> RenderableType:
        """Gives what is shown below the lines: the running stage, its seconds, its steps."""
        if not self._title:
            return Text("")
        now = time.monotonic()
        self._spinner.update(text=Text.assemble(self._title, (f" {now - self._began:.0f} s", "dim")))
        steps = [Text(f"    {name} {now - since:.0f} s") for name, since in list(self._steps.items())]
        below = [Text(f"    {self._detail}", style="dim", no_wrap=True, overflow="ellipsis")]
        return Group(self._spinner, *steps, *(below if self._detail else []))


def step_text(event: StepChanged) -> str:
    """Words a step's state, such as ``Train: Succeeded in 2.1 s``."""
    took = "" if event.seconds is None else f" in {event.seconds:.1f} s"
    return f"{event.name}: {event.status}{took}{_cached(event)}"


def _cached(event: StepChanged) -> str:
    return ", from an earlier execution" if event.cached else ""
