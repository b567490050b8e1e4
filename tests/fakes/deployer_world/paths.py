"""The controller's paths: for each, how the account comes to where it starts, and what then sets it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .hostings import ASYNC, BROKEN, REAL_TIME, SERVERLESS, Hosting
from .world import GOOD, STICKING, UNLOADABLE, WRONG, World, deployment

SCALED = replace(REAL_TIME, scaled=True, tested=True)
OTHER_TYPE = replace(SCALED, size="ml.c5.large")
TESTED = replace(SERVERLESS, tested=True)
ELSEWHERE = replace(TESTED, copies=True)
SCALED_ASYNC = replace(ASYNC, scaled=True, tested=True)


@dataclass(frozen=True)
class Path:
    """One path.

    Args:
        name: What happens on it.
        hosting: The hosting config it starts with.
        qualities: Versions that are approved and dealt with, one after the other, before it starts.
        then: What sets it off.
    """

    name: str
    hosting: Hosting
    qualities: tuple[str, ...]
    then: Callable[[World], None]

    def start(self) -> World:
        """A new account at the path's start, with nothing on its way."""
        world = World(deployment("churn", self.hosting), elsewhere=self.hosting.copies)
        world.retries_operations = True
        with world.in_charge():
            for quality in self.qualities:
                world.register(quality, approval="Approved")
                world.quiesce()
        return world


def _registers(quality: str) -> Callable[[World], None]:
    def then(world: World) -> None:
        world.register(quality, approval="Approved")

    return then


def _rejects(*versions: int) -> Callable[[World], None]:
    def then(world: World) -> None:
        for version in versions:
            world.decide(sorted(world.registry.packages)[version - 1], "Rejected")

    return then


def _updates(hosting: Hosting) -> Callable[[World], None]:
    def then(world: World) -> None:
        world.begin_update(world.deployments[0], hosting)

    return then


def _deletes(world: World) -> None:
    world.begin_deletion(world.deployments[0])
    world.finish_deletion(world.deployments[0])


def _purges(world: World) -> None:
    _deletes(world)
    world.fake.deletion_lag = 30
    world.purge()


def _approves_anew(world: World) -> None:
    arn = max(world.registry.packages)
    world.quality[arn] = GOOD
    world.decide(arn, "Approved")


PATHS = [
    Path("first deployment, serverless", SERVERLESS, (), _registers(GOOD)),
    Path("first deployment, scaled instances", SCALED, (), _registers(GOOD)),
    Path("first deployment, asynchronous from zero", SCALED_ASYNC, (), _registers(GOOD)),
    Path("first deployment that cannot load", TESTED, (), _registers(UNLOADABLE)),
    Path("first deployment that fails its smoke test", TESTED, (), _registers(WRONG)),
    Path("update", TESTED, (GOOD,), _registers(GOOD)),
    Path("update of scaled instances", SCALED, (GOOD,), _registers(GOOD)),
    Path("update that is rolled back", TESTED, (GOOD,), _registers(UNLOADABLE)),
    Path("update whose rollback fails", SCALED, (GOOD,), _registers(STICKING)),
    Path("update that fails its smoke test", TESTED, (GOOD,), _registers(WRONG)),
    Path("asynchronous update that fails its smoke test", SCALED_ASYNC, (GOOD,), _registers(WRONG)),
    Path("failed version approved anew", TESTED, (GOOD, UNLOADABLE), _approves_anew),
    Path("live version rejected", SCALED, (GOOD, GOOD), _rejects(2)),
    Path("all versions rejected, kept", TESTED, (GOOD,), _rejects(1)),
    Path("all versions rejected, removed", replace(SCALED, removes=True), (GOOD,), _rejects(1)),
    Path("change of instance type", SCALED, (GOOD,), _updates(OTHER_TYPE)),
    Path("change of kind to instances", TESTED, (GOOD,), _updates(SCALED)),
    Path("change of kind to asynchronous", SCALED, (GOOD,), _updates(SCALED_ASYNC)),
    Path("change of kind to serverless", SCALED_ASYNC, (GOOD,), _updates(SERVERLESS)),
    Path("change of kind that cannot work", TESTED, (GOOD,), _updates(BROKEN)),
    Path("change of instance type that cannot work", SCALED, (GOOD,), _updates(BROKEN)),
    Path("scaling added", REAL_TIME, (GOOD,), _updates(replace(REAL_TIME, scaled=True))),
    Path("scaling dropped", SCALED_ASYNC, (GOOD,), _updates(replace(SCALED_ASYNC, scaled=False))),
    Path("garbage", replace(TESTED, keep=1), (GOOD, GOOD, GOOD), _registers(GOOD)),
    Path("first deployment from another region", ELSEWHERE, (), _registers(GOOD)),
    Path("update from another region that fails its smoke test", ELSEWHERE, (GOOD,), _registers(WRONG)),
    Path("garbage from another region", replace(ELSEWHERE, keep=1), (GOOD, GOOD, GOOD), _registers(GOOD)),
    Path("removal of what is from another region", ELSEWHERE, (GOOD, GOOD), _deletes),
    Path("removal of a group", SERVERLESS, (GOOD, GOOD, UNLOADABLE), _purges),
    Path("removal", SCALED, (GOOD, GOOD, UNLOADABLE), _deletes),
    Path("removal, asynchronous", SCALED_ASYNC, (GOOD,), _deletes),
]
