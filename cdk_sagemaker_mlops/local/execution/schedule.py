"""Decides which steps start next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cdk_sagemaker_mlops.local.execution.graph import Graph, StepNode


class Phase(StrEnum):
    """Where a step stands."""

    PENDING = "Pending"
    SKIPPED = "Skipped"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"


def skipped(graph: Graph, phases: Mapping[str, Phase], outcomes: Mapping[str, bool]) -> set[str]:
    """Returns the pending steps that will never run in this execution.

    These are the steps of branches that were not chosen, and the steps declared to depend on a skipped one.
    A step that merely *refers* to a skipped one does run, and fails for want of the value: silence would
    hide a mistake.

    Args:
        graph: The steps.
        phases: Where each stands.
        outcomes: Outcome of each Condition step that has run.
    """
    found: set[str] = set()
    changed = True
    while changed:
        more = {
            node.name
            for node in graph.values()
            if phases[node.name] is Phase.PENDING
            and node.name not in found
            and _is_skipped(node, phases, outcomes, found)
        }
        found |= more
        changed = bool(more)
    return found


def ready(graph: Graph, phases: Mapping[str, Phase], *, limit: int) -> list[str]:
    """Returns the steps to start now, in the definition's order.

    Args:
        graph: The steps.
        phases: Where each stands.
        limit: How many steps may run at once.
    """
    if Phase.FAILED in phases.values():
        return []
    free = limit - sum(phase is Phase.RUNNING for phase in phases.values())
    waiting = [
        node.name
        for node in graph.values()
        if phases[node.name] is Phase.PENDING
        and all(phases[name] in (Phase.SUCCEEDED, Phase.SKIPPED) for name in node.waits_for if name in phases)
    ]
    return waiting[: max(free, 0)]


def _is_skipped(
    node: StepNode, phases: Mapping[str, Phase], outcomes: Mapping[str, bool], found: set[str]
) -> bool:
    def was_skipped(name: str) -> bool:
        return name in found or phases[name] is Phase.SKIPPED

    guard = node.guard
    if guard is not None and (
        was_skipped(guard.condition) or outcomes.get(guard.condition, guard.outcome) is not guard.outcome
    ):
        return True
    return any(was_skipped(name) for name in node.after)
