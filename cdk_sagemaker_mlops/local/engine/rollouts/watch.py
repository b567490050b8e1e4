"""What a rollout waits for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Waits, and ends the wait early when something has gone wrong."""

    def __call__(self, seconds: float, trouble: Callable[[], str | None]) -> str | None:
        """Waits ``seconds``, unscaled; gives what ``trouble`` gives as soon as it gives something."""
        ...


class ScaledWatch:
    """Waits by the clock, for a part of the time that is asked for.

    Args:
        scale: That part, 0 to 1.
        poll: Seconds between two looks for trouble. Default: ``0.05``.
    """

    def __init__(self, scale: float, poll: float = 0.05) -> None:
        self._scale = scale
        self._poll = poll

    def __call__(self, seconds: float, trouble: Callable[[], str | None]) -> str | None:
        """Waits; looks for trouble at least once, also when there is nothing to wait for."""
        end = time.monotonic() + seconds * self._scale
        while True:
            found = trouble()
            left = end - time.monotonic()
            if found is not None or left <= 0:
                return found
            time.sleep(min(self._poll, left))
