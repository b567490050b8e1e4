"""What the SDK's environment does to the process, and that it undoes it."""

from __future__ import annotations

import gc

from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment


def test_the_collector_is_held_off_and_does_not_catch_up_afterwards() -> None:
    collections: list[str] = []

    def note(phase: str, _: dict[str, int]) -> None:
        collections.append(phase)

    gc.collect()  # its next turn is far
    gc.callbacks.append(note)
    try:
        with sdk_environment():
            made: list[list[int]] = [[] for _ in range(100_000)]
        more: list[list[int]] = [[] for _ in range(50)]
    finally:
        gc.callbacks.remove(note)
    assert gc.isenabled()
    assert (collections, len(made), len(more)) == ([], 100_000, 50)


def test_what_somebody_else_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        with sdk_environment():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
