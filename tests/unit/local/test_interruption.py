"""The first signal interrupts; clean-up is not interrupted again."""

from __future__ import annotations

import os
import signal

import pytest

from cdk_sagemaker_mlops.local.interruption import interruptible, shielded


def send(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_asks_to_stop_raises_keyboard_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        send(number)


def interrupted_twice(done: list[str]) -> None:
    with interruptible():
        try:
            send()
        finally:
            send()
            send(signal.SIGTERM)
            done.append("cleaned up")


def test_a_second_signal_does_not_interrupt_the_clean_up() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_twice(done)
    assert done == ["cleaned up"]


def interrupted_under_a_shield(done: list[str]) -> None:
    with interruptible():
        with shielded():
            with shielded():
                send()
                done.append("inner")
            done.append("outer")
        done.append("after")


def test_a_shield_holds_a_signal_back_until_it_ends() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_under_a_shield(done)
    assert done == ["inner", "outer"]


def test_a_shield_without_a_signal_changes_nothing() -> None:
    with interruptible(), shielded():
        pass


def test_handlers_are_as_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with interruptible():
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] != before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_two_commands_in_one_process_are_each_interruptible() -> None:
    for _time in range(2):
        with pytest.raises(KeyboardInterrupt), interruptible():
            send()
