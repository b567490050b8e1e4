"""Random histories of a deployer against an independent idea of what it should come to.

``MLOPS_HISTORIES=20000 MLOPS_SEED=1 pytest -m long -n 0 -s tests/unit/handlers/model_deployment/test_histories.py``

Hypothesis also draws numbers that it finds in the modules loaded, so a seed stands for the same histories only where
the same tests run in the process: in the whole suite each run goes its own ways.
"""

from __future__ import annotations

import os
import time

import pytest
from deployer_world.histories import Histories
from deployer_world.hostings import BROKEN, Hosting
from deployer_world.turns import Plan
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

EVERY_DAY = 250
LONG = int(os.environ.get("MLOPS_HISTORIES", "1000"))
FIRST_SEED = int(os.environ.get("MLOPS_SEED", "1"))
A_SEED = 1000


def run(histories: int, *, from_seed: int, steps: int) -> None:
    for key in Histories.counts:
        Histories.counts[key] = 0
    began = time.perf_counter()
    chosen = settings(
        max_examples=min(histories, A_SEED),
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    seeds = range(from_seed, from_seed + -(-histories // A_SEED))
    for number in seeds:
        run_state_machine_as_test(seed(number)(Histories), settings=chosen)
    took = time.perf_counter() - began
    print(f"\nseeds {seeds.start} to {seeds.stop - 1}: {Histories.counts}, {took:.1f} s")
    assert Histories.counts["histories"] >= histories


def test_every_history_comes_to_what_was_asked_for() -> None:
    run(EVERY_DAY, from_seed=1, steps=15)


def test_a_way_back_is_not_judged_by_a_look_of_the_endpoint_from_before() -> None:
    history = Histories()
    try:
        history.begin(first=Hosting(), second=None, qualities=["good"], lag=8)
        history.register(approval="Approved", quality="sticking")
        history.update_stack(hosting=BROKEN, number=0, plan=Plan())
        history.quiet()
    finally:
        history.teardown()


@pytest.mark.long
def test_a_thousand_histories_come_to_what_was_asked_for() -> None:
    run(LONG, from_seed=FIRST_SEED, steps=30)
