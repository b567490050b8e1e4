"""Deterministic disturbance of looks: killed at a call, failing at a call, several at once switching at each call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_aws import ApiError, FakeAws, Killed

from cdk_sagemaker_mlops.handlers.errors import PermanentError, RetryableError

THROTTLED = ("ThrottlingException", "Rate exceeded", 400)
BROKEN_DOWN = ("InternalFailure", "We are sorry.", 500)
DENIED = ("AccessDeniedException", "User is not authorized to perform this.", 400)
LOST_ANSWER = ("ServiceUnavailable", "The answer was lost on its way.", 503)
"""The call took effect, but its caller gets an error."""


@dataclass
class Plan:
    """What happens to one look.

    Args:
        kill_before: The process dies before this call, counted from 0.
        kill_after: It dies after this one took effect.
        fail_at: The first call that fails.
        fail_with: How: code, message, HTTP status.
        fail_times: How many calls in a row fail.

    One plan may go through several looks; its calls are then counted through all of them.
    """

    kill_before: int | None = None
    kill_after: int | None = None
    fail_at: int | None = None
    fail_with: tuple[str, str, int] = THROTTLED
    fail_times: int = 1
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    struck: bool = False
    began: int = 0

    def begin(self) -> None:
        """A look starts, in a process of its own."""
        self.dead = self.struck = False
        self.began = len(self.calls)

    @property
    def size(self) -> int:
        """Calls of the look that has ended last."""
        return len(self.calls) - self.began

    def before(self, name: str) -> None:
        if self.dead:
            raise Killed
        number = len(self.calls)
        self.calls.append(name)
        if number == self.kill_before:
            self._die()
        if self._fails(number) and self.fail_with is not LOST_ANSWER:
            self.struck = True
            raise ApiError(*self.fail_with)

    def after(self) -> None:
        number = len(self.calls) - 1
        if number == self.kill_after:
            self._die()
        if self._fails(number) and self.fail_with is LOST_ANSWER:
            self.struck = True
            raise ApiError(*self.fail_with)

    def _fails(self, number: int) -> bool:
        return self.fail_at is not None and self.fail_at <= number < self.fail_at + self.fail_times

    def _die(self) -> None:
        self.dead = self.struck = True
        raise Killed


class Turns:
    """Runs looks, one or several at once, each under its own plan; only ever one of them moves."""

    def __init__(self, fake: FakeAws) -> None:
        self._mine = threading.local()
        fake.before_call = self._before
        fake.after_call = self._after

    def alone(self, look: Callable[[], Any], plan: Plan) -> Any:
        """Runs one look; returns what it returned, or the exception it ended with."""
        self._mine.plan, self._mine.thread = plan, None
        plan.begin()
        try:
            return look()
        except BaseException as error:
            return _expected(error)
        finally:
            self._mine.plan = None

    def together(self, looks: Sequence[tuple[Callable[[], Any], Plan]], order: Sequence[int]) -> list[Any]:
        """Runs several looks that take turns at each call.

        Args:
            looks: Each with its plan.
            order: Who moves next, as numbers taken modulo those still at work; when it ends, the first goes on.
        """
        threads = [_Thread(self, look, plan) for look, plan in looks]
        turns: Iterator[int] = iter(order)
        while at_work := [each for each in threads if not each.done]:
            at_work[next(turns, 0) % len(at_work)].move()
        for each in threads:
            each.join()
        return [_expected(each.result) for each in threads]

    def _before(self, name: str, _: dict[str, Any]) -> None:
        plan = getattr(self._mine, "plan", None)
        if plan is None:
            return
        if self._mine.thread is not None:
            self._mine.thread.pause()
        plan.before(name)

    def _after(self, _: str, __: dict[str, Any]) -> None:
        plan = getattr(self._mine, "plan", None)
        if plan is not None:
            plan.after()


def _expected(result: Any) -> Any:
    """What a look ended with; a defect of the code under test, or of a test, is raised again."""
    if isinstance(result, BaseException) and not isinstance(result, (RetryableError, PermanentError, Killed)):
        raise result
    return result


class _Thread:
    def __init__(self, turns: Turns, look: Callable[[], Any], plan: Plan) -> None:
        self._turns, self._look, self._plan = turns, look, plan
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self.done = False
        self.result: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._go.acquire()
        mine = self._turns._mine
        mine.plan, mine.thread = self._plan, self
        self._plan.begin()
        try:
            self.result = self._look()
        except BaseException as error:
            self.result = error
        self.done = True
        self._paused.release()

    def pause(self) -> None:
        self._paused.release()
        self._go.acquire()

    def move(self) -> None:
        self._go.release()
        self._paused.acquire()

    def join(self) -> None:
        self._thread.join()
