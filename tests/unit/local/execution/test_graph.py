from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local.execution.graph import Guard, build


def step(name: str, *reads: str, after: list[Any] | None = None, kind: str = "Fail") -> dict[str, Any]:
    arguments = {"values": [{"Get": f"Steps.{read}.X"} for read in reads]}
    return {"Name": name, "Type": kind, "Arguments": arguments, "DependsOn": after or []}


def condition(name: str, if_steps: list[Any], else_steps: list[Any], *reads: str) -> dict[str, Any]:
    conditions = [
        {"Type": "Equals", "LeftValue": {"Get": f"Steps.{read}.X"}, "RightValue": 1} for read in reads
    ]
    arguments = {"Conditions": conditions, "IfSteps": if_steps, "ElseSteps": else_steps}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def test_a_step_waits_for_what_it_names_and_for_what_it_reads() -> None:
    graph = build([step("A"), step("B"), step("C", "A", after=["B"])])
    assert graph["C"].after == {"B"}
    assert graph["C"].reads == {"A"}
    assert graph["C"].waits_for == {"A", "B"}


def test_steps_of_branches_wait_for_their_condition() -> None:
    inner = condition("Inner", [step("Deep")], [])
    graph = build([step("A"), condition("Gate", [step("Yes"), inner], [step("No")], "A")])
    assert list(graph) == ["A", "Gate", "Yes", "Inner", "Deep", "No"]
    assert graph["Yes"].guard == Guard(condition="Gate", outcome=True)
    assert graph["No"].guard == Guard(condition="Gate", outcome=False)
    assert graph["Deep"].waits_for == {"Inner"}
    assert graph["Inner"].waits_for == {"Gate"}


def test_a_condition_does_not_wait_for_what_its_branches_read() -> None:
    graph = build([step("A"), step("B"), condition("Gate", [step("Yes", "B")], [], "A")])
    assert graph["Gate"].waits_for == {"A"}
    assert graph["Yes"].waits_for == {"Gate", "B"}


def test_what_an_unknown_step_type_refers_to_is_its_own_matter() -> None:
    assert build([step("Each", "ItsOwnBody", kind="ForEach")])["Each"].reads == {"ItsOwnBody"}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [step("A"), step("A")],
            "DuplicateStepName: steps.A must have a name of its own, got 'A'; rename it",
        ),
        (
            [step("A", after=["B"])],
            "UnknownStep: steps.A must refer to steps of this pipeline ('A'), got 'B'; correct the name",
        ),
        (
            [step("A", "C"), step("B")],
            "UnknownStep: steps.A must refer to steps of this pipeline ('A', 'B'), got 'C'; correct the name",
        ),
        (
            [step("A", "B"), step("B", after=["C"]), step("C", "A"), step("D")],
            (
                "CircularDependency: steps.A must not wait for itself through other steps, got ['A', 'B', "
                "'C']; remove one of the dependencies between these steps"
            ),
        ),
        (
            [step("A", "A")],
            (
                "CircularDependency: steps.A must not wait for itself through other steps, got ['A']; "
                "remove one of the dependencies between these steps"
            ),
        ),
        (
            [condition("Gate", [step("Yes")], [], "Yes")],
            (
                "CircularDependency: steps.Gate must not wait for itself through other steps, got ['Gate', "
                "'Yes']; remove one of the dependencies between these steps"
            ),
        ),
        (
            [step("A"), step("B", after=[{"Step": "A", "Trigger": "Failed"}])],
            (
                "UnsupportedRunCondition: steps.B.DependsOn must name the step only, because run conditions "
                "are not emulated locally, got {'Step': 'A', 'Trigger': 'Failed'}; depend on the step's "
                "success"
            ),
        ),
    ],
    ids=["duplicate", "unknown", "unknown read", "circle", "self", "own branch", "run condition"],
)
def test_fails_when_steps_form_no_graph(steps: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        build(steps)
    assert str(caught.value) == message
