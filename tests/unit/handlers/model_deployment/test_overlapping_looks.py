"""Looks of the queue's handler and of a stack operation that meet, where SageMaker shows late what the other did."""

from __future__ import annotations

from deployer_world import oracle
from deployer_world.hostings import SERVERLESS
from deployer_world.world import GOOD, World, deployment


def test_an_endpoint_that_is_not_seen_yet_is_not_taken_for_ones_own() -> None:
    world = World(deployment("churn", SERVERLESS))
    (each,) = world.deployments
    with world.in_charge():
        world.register(GOOD, approval="Approved")
        world.trigger(each)
        world.deliver(each)
        # A newer version is approved, and the next look does not see the endpoint that is being created.
        world.register(GOOD, approval="Approved")
        hidden = world.fake.endpoints.pop("churn")
        world.fake.before_call = lambda name, _: (
            world.fake.endpoints.update(churn=hidden) if name == "CreateEndpoint" else None
        )
        world.trigger(each)
        world.deliver(each)
        assert "churn" in world.fake.endpoints
        world.quiesce()
        oracle.check_serves(world, each)
        assert oracle.served(world, each) == (2, SERVERLESS.served_as)
