"""What a definition says of its steps, and of what each waits for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph, pipeline_graph
from cdk_sagemaker_mlops.errors import OperationError

Read = Callable[..., PipelineGraph]


def step(
    name: str, kind: str = "Processing", *, after: list[Any] | None = None, **arguments: Any
) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments, "DependsOn": [] if after is None else after}


def edges(graph: PipelineGraph) -> list[tuple[str, str, str]]:
    return [(edge.source, edge.kind, edge.target) for edge in graph.edges]


def test_steps_wait_for_those_they_read_from_and_those_they_name(graph: Read) -> None:
    found = graph(
        step("C", after=[{"Step": "B", "Trigger": {"Type": "Always"}}]),
        step("B", Uri={"Std:Join": {"On": "/", "Values": [{"Get": "Steps.A.Outputs['x'].S3Uri"}, "y"]}}),
        step("A"),
        step("D", after=["A"]),
    )

    assert [each.name for each in found.steps] == ["A", "B", "C", "D"]
    assert edges(found) == [("A", "after", "B"), ("B", "after", "C"), ("A", "after", "D")]


def test_what_follows_from_other_edges_is_left_out(graph: Read) -> None:
    found = graph(
        step("A"), step("B", after=["A"]), step("C", after=["A", "B"]), step("D", after=["A", "B", "C"])
    )

    assert edges(found) == [("A", "after", "B"), ("B", "after", "C"), ("C", "after", "D")]


def test_branches_of_a_condition_lead_to_what_begins_them(gated: PipelineGraph) -> None:
    assert edges(gated) == [("Train", "after", "Gate"), ("Gate", "yes", "Register"), ("Gate", "no", "Fail")]
    assert [each.branch for each in gated.steps] == [None, None, ("Gate", "yes"), ("Gate", "no")]


def test_the_body_of_a_loop_hangs_on_it(graph: Read) -> None:
    found = graph(step("Loop", "ForEach", ForEachBody=[step("Each", "Lambda")], IterableItems=[1, 2]))

    assert edges(found) == [("Loop", "each", "Each")]
    assert found.steps[0].detail == "2 items"


@pytest.mark.parametrize("name", ["Elsewhere", "A"])
def test_references_to_nothing_and_to_itself_are_passed_over(graph: Read, name: str) -> None:
    assert edges(graph(step("A", after=[name], Uri={"Get": f"Steps.{name}.X"}))) == []


def test_parameters_with_their_defaults_or_an_execution_s_values() -> None:
    document = json.dumps(
        {
            "Steps": [],
            "Parameters": [
                {"Name": "Data", "Type": "String"},
                {"Name": "Fast", "Type": "Boolean", "DefaultValue": True},
            ],
        }
    )
    defaults = pipeline_graph("churn", document).parameters
    given = pipeline_graph("churn", document, {"Data": "s3://x", "Fast": "false"}).parameters

    assert [(each.name, each.type, each.value) for each in defaults] == [
        ("Data", "String", None),
        ("Fast", "Boolean", "true"),
    ]
    assert [each.value for each in given] == ["s3://x", "false"]


_HALF, _PARAMETER = {"LeftValue": 0.5, "RightValue": {"Get": "Parameters.Least"}}, {"Get": "Parameters.Least"}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"Type": "Equals", "LeftValue": True, "RightValue": "a"}, "true = a"),
        ({"Type": "GreaterThanOrEqualTo", **_HALF}, "0.5 ≥ Least (0.9)"),
        ({"Type": "LessThan", **_HALF}, "0.5 < Least (0.9)"),
        ({"Type": "LessThanOrEqualTo", "LeftValue": {"Get": "Execution.StartDateTime"}, "RightValue": 1}, "StartDateTime ≤ 1"),
        ({"Type": "In", "QueryValue": _PARAMETER, "Values": ["a", 2]}, "Least in a, 2"),
        ({"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": 1, "RightValue": 2}}, "not (1 = 2)"),
        ({"Type": "Not", "Expression": {"Type": "Equals", "LeftValue": 1, "RightValue": 2}}, "not (1 = 2)"),
        ({"Type": "Or", "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 2}] * 2}, "1 = 2 or 1 = 2"),
        ({"Type": "Equals", "LeftValue": {"Get": "Steps.T.FinalMetricDataList['auc'].Value"}, "RightValue": 1}, "auc = 1"),
        ({"Type": "Equals", "LeftValue": {"odd": 1}, "RightValue": None}, "… = "),
        ({"Type": "Newer", "LeftValue": 1, "RightValue": 2}, "1 Newer 2"),
        ("odd", ""),
    ],
)  # fmt: skip
def test_conditions_in_words(graph: Read, condition: Any, words: str) -> None:
    least = [{"Name": "Least", "Type": "Float", "DefaultValue": 0.9}]
    found = graph(step("Gate", "Condition", Conditions=[condition]), parameters=least)

    assert found.steps[0].detail == words


def test_what_jobs_run_on(graph: Read, gated: PipelineGraph) -> None:
    kind = {"Get": "Parameters.Kind"}
    found = graph(
        step("A", ProcessingResources={"ClusterConfig": {"InstanceType": kind, "InstanceCount": 4}}),
        step(
            "B", "Training", ResourceConfig={"InstanceType": {"Get": "Parameters.Open"}, "InstanceCount": 1}
        ),
        step("C", "Training", ResourceConfig={"InstanceGroups": []}),
        step("D", "Lambda"),
        parameters=[
            {"Name": "Kind", "Type": "String", "DefaultValue": "ml.c5.xlarge"},
            {"Name": "Open", "Type": "String"},
        ],
    )

    assert [each.detail for each in found.steps] == ["4 x ml.c5.xlarge", "Open", "", ""]
    assert gated.steps[2].detail == "churn"
    assert gated.steps[1].detail == "auc > Least (0.9)"


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ("{", "must be JSON, got 'Expecting property name"),
        ("[]", "must be an object with Steps, got '[]'"),
        ('{"Steps": {}}', "must be an object with Steps"),
        (json.dumps({"Steps": [step("A", after=["B"]), step("B", after=["A"])]}), "wait for each other, got ['A', 'B']"),
    ],
)  # fmt: skip
def test_fails_naming_what_is_no_definition(document: str, rule: str) -> None:
    with pytest.raises(OperationError) as raised:
        pipeline_graph("churn", document)
    assert rule in str(raised.value)
    assert str(raised.value).startswith("InvalidDefinition: the definition of pipeline churn must ")
