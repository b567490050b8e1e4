"""Several looks at once, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .turns import Plan
from .world import Deployment, World


class Running:
    """Looks that are to take turns at their calls."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks: list[tuple[Callable[[], Any], Plan]] = []
        self._ends: list[Callable[[Any], None]] = []

    def queue_look(self, deployment: Deployment, plan: Plan) -> None:
        """The handler on the deployment's queue, as its function is configured now."""
        self._looks.append((self._world.queue_look(deployment), plan))
        self._ends.append(lambda result: self._world.after_delivery(deployment, result, plan))

    def poll(self, deployment: Deployment, plan: Plan) -> None:
        """The stack operation's waiter."""
        self._looks.append((self._world.poll_look(deployment), plan))
        self._ends.append(lambda result: self._world.after_poll(deployment, result, plan))

    def removal(self, deployment: Deployment) -> None:
        """The cleanup of a stack that is being deleted; it is asked again afterwards."""
        self._looks.append((self._world.removal_look(deployment), Plan()))
        self._ends.append(lambda _: None)

    def person(self, acts: Callable[[], None]) -> None:
        """Somebody acts between two calls."""
        self._looks.append((acts, Plan()))
        self._ends.append(lambda _: None)

    def run(self, order: Sequence[int]) -> None:
        """Runs all to their end, see :meth:`.turns.Turns.together`."""
        for end, result in zip(self._ends, self._world.turns.together(self._looks, order), strict=True):
            end(result)
