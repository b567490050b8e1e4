from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.graph import Graph, build
from cdk_sagemaker_mlops.local.execution.schedule import Phase, ready, skipped

PENDING, RUNNING, SUCCEEDED, FAILED, SKIPPED = (
    Phase.PENDING,
    Phase.RUNNING,
    Phase.SUCCEEDED,
    Phase.FAILED,
    Phase.SKIPPED,
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """A -> Gate -> (Yes -> Inner -> Deep | No), and outside the branches Follows (after) and Reads."""

    def step(name: str, after: list[str] | None = None, **arguments: Any) -> dict[str, Any]:
        return {"Name": name, "Type": "Fail", "DependsOn": after or [], "Arguments": arguments}

    deep = {"Conditions": [], "IfSteps": [step("Deep")], "ElseSteps": []}
    branches = {
        "Conditions": [],
        "IfSteps": [step("Yes"), {"Name": "Inner", "Type": "Condition", "Arguments": deep}],
        "ElseSteps": [step("No")],
    }
    return build(
        [
            step("A"),
            step("B"),
            {"Name": "Gate", "Type": "Condition", "DependsOn": ["A"], "Arguments": branches},
            step("Follows", ["No"]),
            step("Then", ["Follows"]),
            step("Reads", x={"Get": "Steps.No.X"}),
        ]
    )


def phases(graph: Graph, **changes: Phase) -> dict[str, Phase]:
    return {**dict.fromkeys(graph, PENDING), **changes}


def test_starts_what_waits_for_nothing_up_to_the_limit(graph: Graph) -> None:
    assert ready(graph, phases(graph), limit=2) == ["A", "B"]
    assert ready(graph, phases(graph), limit=1) == ["A"]
    assert ready(graph, phases(graph, A=RUNNING), limit=2) == ["B"]
    assert ready(graph, phases(graph, A=RUNNING, B=RUNNING), limit=2) == []


def test_starts_a_step_when_what_it_waits_for_has_succeeded(graph: Graph) -> None:
    assert ready(graph, phases(graph, A=SUCCEEDED, B=SUCCEEDED), limit=2) == ["Gate"]


def test_starts_nothing_after_a_failure(graph: Graph) -> None:
    assert ready(graph, phases(graph, A=SUCCEEDED, B=FAILED), limit=2) == []


def test_skips_the_branch_not_chosen_and_what_depends_on_it(graph: Graph) -> None:
    now = phases(graph, A=SUCCEEDED, B=SUCCEEDED, Gate=SUCCEEDED)
    assert skipped(graph, now, {"Gate": True}) == {"No", "Follows", "Then"}
    assert skipped(graph, now, {"Gate": False}) == {"Yes", "Inner", "Deep"}


def test_skips_nothing_before_the_condition_has_run(graph: Graph) -> None:
    assert skipped(graph, phases(graph, A=SUCCEEDED, Gate=RUNNING), {}) == set()


def test_starts_a_step_that_reads_from_a_skipped_one_so_that_it_fails(graph: Graph) -> None:
    now = phases(graph, A=SUCCEEDED, B=SUCCEEDED, Gate=SUCCEEDED, No=SKIPPED, Follows=SKIPPED, Then=SKIPPED)
    assert skipped(graph, now, {"Gate": True}) == set()
    assert ready(graph, now, limit=9) == ["Yes", "Inner", "Reads"]
