"""What one look of the controller costs: AWS calls and milliseconds, beside the bare calls it makes.

pytest -m benchmark -n 0 -s tests/benchmarks/test_look_size.py

The time is the function's own, without the network: requests are built by botocore and answered in memory. Import
seconds and memory of a cold start are in ``test_handler_import.py``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import fake_aws
import pytest
from botocore import xform_name
from deployer_world.hostings import ASYNC, REAL_TIME, SERVERLESS, Hosting
from deployer_world.turns import Plan
from deployer_world.world import GOOD, GROUP, World, deployment

ROUNDS = 200
HOSTINGS = {
    "serverless": replace(SERVERLESS, tested=True),
    "real-time": replace(REAL_TIME, tested=True, scaled=True),
    "asynchronous": replace(ASYNC, tested=True, scaled=True),
}


def look(world: World) -> Plan:
    plan = Plan()
    world.distribute()
    world.trigger(world.deployments[0])
    world.deliver(world.deployments[0], plan)
    return plan


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def deployed(hosting: Hosting, versions: int) -> tuple[World, list[int]]:
    """An endpoint in service on the newest of so many versions, and the calls of each look on its way there."""
    world = World(deployment("churn", hosting))
    with world.in_charge():
        for _ in range(versions - 1):
            world.fake.register(GROUP, approval="Approved")
        world.fake.events.clear()
        world.register(GOOD, approval="Approved")
        looks = []
        for _ in range(3):
            looks.append(look(world).size)
            world.fake.advance(600)
    return world, looks


@pytest.mark.benchmark
@pytest.mark.parametrize("versions", [1, 10_000])
@pytest.mark.parametrize("kind", HOSTINGS)
def test_the_size_of_a_look(kind: str, versions: int) -> None:
    world, looks = deployed(HOSTINGS[kind], versions)
    client = fake_aws.client("sagemaker")
    with world.in_charge():
        unchanged = look(world)
        made = world.fake.calls[-unchanged.size :]

        def bare() -> None:
            for name, params in made:
                getattr(client, xform_name(name))(**params)

        # Interleaved, so that whatever else the machine does meets both alike.
        pairs = [(milliseconds(lambda: look(world)), milliseconds(bare)) for _ in range(ROUNDS)]
    own, calls = (statistics.median(each[which] for each in pairs) for which in (0, 1))
    print(
        f"\n{kind}, {versions} versions: looks of a deployment make {looks} calls, an unchanged one {unchanged.size}, "
        f"in {own:.2f} ms (x{own / calls:.2f} of the same calls alone)"
    )
    assert unchanged.size <= 4, unchanged.calls
    assert own / calls < 3
