"""The order of steps: which must end before which, and the cycles that leave no order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_sagemaker_mlops.definition.validation.findings import problem
from cdk_sagemaker_mlops.definition.validation.references import cleanup_sources
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem


def cycle_problems(steps: Mapping[str, StepRecord]) -> Iterator[Problem]:
    """Yields one problem for each cycle found, at the step of the cycle that comes first by name."""
    before = {name: sorted(_earlier(step, steps)) for name, step in steps.items()}
    done: set[str] = set()
    for name in sorted(before):
        cycle = _cycle_from(name, before, done)
        if cycle is not None:
            first = cycle.index(min(cycle))
            ordered = [*cycle[first:], *cycle[:first]]
            yield problem(
                "DependencyCycle",
                steps[ordered[0]].path,
                "come after the steps that it depends on",
                " after ".join([*ordered, ordered[0]]),
                "take one of these dependencies out",
            )


def _earlier(step: StepRecord, steps: Mapping[str, StepRecord]) -> set[str]:
    names = {name for _, name in (*step.dependencies(), *cleanup_sources(step))}
    for reference in step.references():
        if reference.namespace == "Steps":
            names.add(reference.rest.partition(".")[0].partition("[")[0])
    if step.parent is not None:
        names.add(step.parent.name)
    return names & steps.keys()


def _cycle_from(start: str, before: Mapping[str, list[str]], done: set[str]) -> list[str] | None:
    """Walks back from ``start``, without recursion: a chain of steps may be longer than Python's stack."""
    walk = [(start, iter(before[start]))]
    on_walk = {start: 0}
    while walk and start not in done:
        name, rest = walk[-1]
        following = next((item for item in rest if item not in done), None)
        if following is None:
            walk.pop()
            done.add(name)
            del on_walk[name]
        elif following in on_walk:
            cycle = [item for item, _ in walk[on_walk[following] :]]
            done.update(on_walk)
            return cycle
        else:
            on_walk[following] = len(walk)
            walk.append((following, iter(before[following])))
    return None
