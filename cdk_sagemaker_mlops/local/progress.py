"""What a local run tells whoever watches it. Nothing here prints: the terminal is the `cli` room's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class StageStarted:
    """A stage began.

    Args:
        name: The stage's key in the report, such as ``deploy``.
        title: What is being done, for people.
    """

    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class StageFinished:
    """A stage ended.

    Args:
        name: The stage's key in the report.
        title: What was being done, for people.
        seconds: How long it took.
        succeeded: Whether it did what it was for.
    """

    name: str
    title: str
    seconds: float
    succeeded: bool


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What the running stage is doing at this moment; the next detail replaces it.

    Args:
        text: One line.
    """

    text: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that stays on the screen.

    Args:
        text: One line, or several.
    """

    text: str


@dataclass(frozen=True, kw_only=True)
class StepChanged:
    """A pipeline step began or ended.

    Args:
        name: The step's name in the pipeline definition.
        status: SageMaker's own word, such as ``Executing``.
        seconds: How long the step has run, once it ended. Default: ``None``, it has not ended.
        cached: Whether it used the result of an earlier execution. Default: ``False``.
    """

    name: str
    status: str
    seconds: float | None = None
    cached: bool = False


Event = StageStarted | StageFinished | Detail | Note | StepChanged
Listener = Callable[[Event], None]


def event_text(event: Event) -> str | None:
    """Words an event for a log; ``None`` for a detail, which the next replaces."""
    if isinstance(event, StageStarted):
        return event.title
    if isinstance(event, StageFinished):
        return f"{event.title}: {'done' if event.succeeded else 'did not finish'} in {event.seconds:.1f} s"
    if isinstance(event, StepChanged):
        took = "" if event.seconds is None else f" in {event.seconds:.1f} s"
        return f"Step {event.name}: {event.status}{took}"
    return event.text if isinstance(event, Note) else None


@dataclass(kw_only=True)
class Stages:
    """Times the stages of one command and announces them.

    Args:
        tell: Receives every event, at once and in order.
        clock: Seconds that only grow. Default: ``time.monotonic``.
    """

    tell: Listener
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(default_factory=dict, init=False)

    @contextmanager
    def stage(self, name: str, title: str) -> Iterator[None]:
        """Announces and times what happens inside, whether it succeeds or not.

        Args:
            name: Key under which :attr:`seconds` records it.
            title: What is being done, for people.
        """
        began = self.clock()
        self.tell(StageStarted(name=name, title=title))
        succeeded = False
        try:
            yield
            succeeded = True
        finally:
            took = round(self.clock() - began, 3)
            self.seconds[name] = took
            self.tell(StageFinished(name=name, title=title, seconds=took, succeeded=succeeded))

    def detail(self, text: str) -> None:
        """Says what is being done at this moment."""
        self.tell(Detail(text=text))

    def note(self, text: str) -> None:
        """Says something that stays on the screen."""
        self.tell(Note(text=text))
