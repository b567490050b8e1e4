"""How many AWS calls a look makes: few when nothing has changed, and never more for more versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deployer_world.hostings import ASYNC, REAL_TIME, SERVERLESS, Hosting
from deployer_world.turns import Plan
from deployer_world.world import GOOD, GROUP, UNLOADABLE, World, deployment

MOST_UNCHANGED = 4
MOST_DEPLOYING = 60
HOSTINGS = {
    "serverless": replace(SERVERLESS, tested=True),
    "real-time": replace(REAL_TIME, tested=True, scaled=True),
    "asynchronous": replace(ASYNC, tested=True, scaled=True),
}


def looked(world: World) -> list[str]:
    """The calls of one look."""
    plan = Plan()
    world.trigger(world.deployments[0])
    world.deliver(world.deployments[0], plan)
    return plan.calls


@pytest.mark.parametrize("hosting", HOSTINGS.values(), ids=HOSTINGS)
def test_a_look_that_finds_nothing_changed_makes_four_calls(hosting: Hosting) -> None:
    world = World(deployment("churn", hosting))
    with world.in_charge():
        world.register(GOOD, approval="Approved")
        world.quiesce()
        calls = looked(world)
    assert len(calls) <= MOST_UNCHANGED, calls
    assert all(call.startswith(("List", "Describe")) for call in calls)


@pytest.mark.parametrize("hosting", HOSTINGS.values(), ids=HOSTINGS)
def test_each_look_of_a_deployment_makes_a_bounded_number_of_calls(hosting: Hosting) -> None:
    world = World(deployment("churn", hosting))
    with world.in_charge():
        for quality in (GOOD, GOOD, UNLOADABLE, GOOD):
            world.register(quality, approval="Approved")
            world.quiesce()
    assert world.most_calls <= MOST_DEPLOYING, world.fake.calls


@pytest.mark.parametrize("approval", ["Approved", "Rejected"])
def test_ten_thousand_versions_cost_no_more_calls_than_one(approval: str) -> None:
    counts = []
    for versions in (0, 10_000):
        world = World(deployment("churn", HOSTINGS["serverless"]))
        with world.in_charge():
            for _ in range(versions):
                world.fake.register(GROUP, approval=approval)
            world.fake.events.clear()
            world.register(GOOD, approval="Approved")
            began = len(world.fake.calls)
            world.quiesce()
            counts.append((len(world.fake.calls) - began, world.most_calls, len(looked(world))))
    assert counts[0] == counts[1]
