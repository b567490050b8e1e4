"""Ctrl-C and SIGTERM: one exception at the first, and clean-up and a report that a second cannot skip.

Signals belong to the process, not to an object, so the state is the module's.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass
class _State:
    shields: int = 0
    held_back: bool = False
    delivered: bool = False


_state = _State()


def conclude() -> None:
    """Lets no signal change anything any more until :func:`interruptible` ends.

    Raises:
        KeyboardInterrupt: One came just before.
    """
    _state.delivered = True


def ignore_signals() -> None:
    """Lets no signal change anything for the rest of the process: it has said how it ended, and leaves."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raises ``KeyboardInterrupt`` inside at the first signal that asks to stop; later ones change nothing.

    A terminal sends one SIGINT for each Ctrl-C, and people press it again when the end takes a second: the
    second must not cut short the clean-up that the first began. Must be entered in the main thread.
    """
    _state.shields, _state.held_back, _state.delivered = 0, False, False
    before: dict[int, Any] = {number: signal.signal(number, _on_signal) for number in _numbers()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shielded() -> Iterator[None]:
    """Holds signals back until the block ends: for what must not stop half-way, such as ending processes.

    Raises:
        KeyboardInterrupt: At the end of the outermost block, when a signal came in the meantime.
    """
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
        if _state.shields == 0 and _state.held_back:
            _state.held_back = False
            _deliver()


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    if _state.shields > 0:
        _state.held_back = True
    else:
        _deliver()


def _deliver() -> None:
    if _state.delivered:
        return
    _state.delivered = True
    raise KeyboardInterrupt
