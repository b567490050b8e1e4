"""The process dies before and after each AWS call of each path, looks again, and comes to the same end."""

from __future__ import annotations

from typing import Any

import pytest
from deployer_world.paths import PATHS, Path
from deployer_world.snapshot import differences, snapshot
from deployer_world.turns import Plan

# Every day one call in so many, a different one on each path; all of them in the long run.
EVERY = 23


def walk(path: Path, plan: Plan) -> dict[str, Any]:
    """Goes one path to its end; the plan counts its calls from the first to the last."""
    world = path.start()
    world.default_plan = plan
    with world.in_charge():
        path.then(world)
        world.quiesce()
    assert world.fake.harms == []
    return snapshot(world)


def die_at(path: Path, first: int, step: int) -> int:
    counted = Plan()
    end = walk(path, counted)
    deaths = 0
    for number in range(first, len(counted.calls), step):
        for where in ("kill_before", "kill_after"):
            after = walk(path, Plan(**{where: number}))
            found = differences(after, end)
            assert not found, "\n".join(
                [f"{where} call {number}, {counted.calls[number]}, of {path.name}", *found]
            )
            deaths += 1
    return deaths


@pytest.mark.parametrize("path", PATHS, ids=[path.name for path in PATHS])
def test_a_death_at_a_call_changes_nothing_in_the_end(path: Path) -> None:
    assert die_at(path, PATHS.index(path) % 5, EVERY) > 0


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS, ids=[path.name for path in PATHS])
def test_a_death_at_any_call_changes_nothing_in_the_end(path: Path) -> None:
    deaths = die_at(path, 0, 1)
    print(f"{path.name}: {deaths} deaths")
    assert deaths > 10
