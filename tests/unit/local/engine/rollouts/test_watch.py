from __future__ import annotations

import time

from cdk_sagemaker_mlops.local.engine.rollouts.watch import ScaledWatch


def test_waits_are_scaled() -> None:
    began = time.monotonic()

    assert ScaledWatch(0.001, poll=0.001)(20, lambda: None) is None

    assert 0.02 <= time.monotonic() - began < 1


def test_trouble_ends_a_wait_and_is_looked_for_even_without_one() -> None:
    assert ScaledWatch(1)(3600, lambda: "trouble") == "trouble"
    assert ScaledWatch(0)(3600, lambda: "trouble") == "trouble"


def test_trouble_is_looked_for_again_and_again() -> None:
    found = iter([None, None, "trouble"])

    assert ScaledWatch(1, poll=0.001)(60, lambda: next(found)) == "trouble"
