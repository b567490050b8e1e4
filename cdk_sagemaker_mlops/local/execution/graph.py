"""The steps of a definition and what each waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.errors import Problem, ValidationError
from cdk_sagemaker_mlops.local.execution.references import referenced_steps

# The step types that run here; a step of any other type fails when its turn comes.
EMULATED_TYPES = ("Condition", "Fail", "Model", "Processing", "RegisterModel", "Training")


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The branch of a Condition step that a step belongs to.

    Args:
        condition: Name of the Condition step.
        outcome: The outcome with which the branch runs.
    """

    condition: str
    outcome: bool


@dataclass(frozen=True, kw_only=True)
class StepNode:
    """One step.

    Args:
        name: Its name, unique in the definition.
        type: Its type, such as ``Training``.
        definition: The step as the definition words it.
        after: Steps it is declared to depend on.
        reads: Steps whose results it refers to.
        guard: The branch it belongs to. Default: ``None``, it is in no branch.
    """

    name: str
    type: str
    definition: Mapping[str, Any]
    after: frozenset[str]
    reads: frozenset[str]
    guard: Guard | None = None

    @property
    def waits_for(self) -> frozenset[str]:
        """Every step that must have ended before this one starts."""
        guard = set() if self.guard is None else {self.guard.condition}
        return self.after | self.reads | guard


Graph = Mapping[str, StepNode]


def build(steps: list[dict[str, Any]]) -> Graph:
    """Returns every step of a definition, those in branches too, by name and in the definition's order.

    Raises:
        ValidationError: A name is used twice, a step refers to one that does not exist, steps wait for each
            other in a circle, or a dependency carries a run condition.
    """
    nodes: dict[str, StepNode] = {}
    problems: list[Problem] = []
    for definition, guard in _walk(steps, None):
        node = _node(definition, guard, problems)
        if node.name in nodes:
            problems.append(
                _problem(node.name, "DuplicateStepName", "have a name of its own", node.name, "rename it")
            )
        nodes[node.name] = node
    problems.extend(_unknown_names(nodes))
    if not problems:
        problems.extend(_circle(nodes))
    if problems:
        raise ValidationError(*problems)
    return nodes


def _walk(steps: list[dict[str, Any]], guard: Guard | None) -> Iterator[tuple[dict[str, Any], Guard | None]]:
    for step in steps:
        yield step, guard
        if step["Type"] == "Condition":
            for branch, outcome in (("IfSteps", True), ("ElseSteps", False)):
                inner = Guard(condition=step["Name"], outcome=outcome)
                yield from _walk(step["Arguments"].get(branch, []), inner)


def _node(definition: dict[str, Any], guard: Guard | None, problems: list[Problem]) -> StepNode:
    name, kind = definition["Name"], definition["Type"]
    arguments = definition.get("Arguments", {})
    # Only the conditions belong to a Condition step; the steps in its branches speak for themselves.
    own = arguments.get("Conditions", []) if kind == "Condition" else arguments
    after = [item for item in definition.get("DependsOn", []) if isinstance(item, str)]
    for item in definition.get("DependsOn", []):
        if not isinstance(item, str):
            problems.append(
                _problem(
                    f"{name}.DependsOn",
                    "UnsupportedRunCondition",
                    "name the step only, because run conditions are not emulated locally",
                    item,
                    "depend on the step's success",
                )
            )
    return StepNode(
        name=name,
        type=kind,
        definition=definition,
        after=frozenset(after),
        reads=frozenset(referenced_steps(own)),
        guard=guard,
    )


def _unknown_names(nodes: Graph) -> Iterator[Problem]:
    for node in nodes.values():
        # What a type that is not emulated refers to may be its own (a ForEach step's body).
        named = node.after | (node.reads if node.type in EMULATED_TYPES else frozenset())
        for name in sorted(named - set(nodes)):
            yield _problem(
                node.name,
                "UnknownStep",
                f"refer to steps of this pipeline ({', '.join(map(repr, nodes))})",
                name,
                "correct the name",
            )


def _circle(nodes: Graph) -> Iterator[Problem]:
    """Removes steps that wait for none of the rest, until nothing is left or a circle is."""
    left = dict(nodes)
    while left:
        free = [name for name, node in left.items() if not node.waits_for & left.keys()]
        if not free:
            yield _problem(
                next(iter(left)),
                "CircularDependency",
                "not wait for itself through other steps",
                sorted(left),
                "remove one of the dependencies between these steps",
            )
            return
        for name in free:
            del left[name]


def _problem(where: str, code: str, rule: str, value: object, fix: str) -> Problem:
    return Problem(code=code, parameter=f"steps.{where}", rule=rule, value=value, fix=fix)
