"""Looks of the queue's handler and of a stack operation that meet, where SageMaker shows late what the other did."""

from __future__ import annotations

from deployer_world import oracle
from deployer_world.hostings import SERVERLESS
from deployer_world.world import GOOD, STEP_IN_SECONDS, STICKING, World, deployment


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


def test_a_stuck_rollback_that_is_still_shown_is_not_held_against_the_way_back() -> None:
    world = World(deployment("churn", SERVERLESS))
    (each,) = world.deployments
    with world.in_charge():
        world.register(GOOD, approval="Approved")
        world.quiesce()
        world.register(STICKING, approval="Approved")
        world.trigger(each)
        world.deliver(each)
        world.fake.advance(STEP_IN_SECONDS)
        assert world.fake.endpoints["churn"]["EndpointStatus"] == "UpdateRollbackFailed"
        world.fake.lag = 30
        for _ in range(2):
            world.trigger(each)
            world.deliver(each)
        world.quiesce()
        assert oracle.served(world, each) == (1, SERVERLESS.served_as)
        assert [rollout.config for rollout in world.fake.rollouts].count(world.fake.rollouts[0].config) == 2


def test_a_stuck_rollback_comes_to_rest_though_nothing_is_approved_any_more() -> None:
    world = World(deployment("churn", SERVERLESS))
    (each,) = world.deployments
    with world.in_charge():
        good = world.register(GOOD, approval="Approved")
        world.quiesce()
        sticking = world.register(STICKING, approval="Approved")
        world.trigger(each)
        world.deliver(each)
        for arn in (good, sticking):
            world.decide(arn, "Rejected")
        world.quiesce()
        assert oracle.served(world, each) == (1, SERVERLESS.served_as)
