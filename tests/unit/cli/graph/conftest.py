"""Definitions to draw."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.cli.graph.pipeline_graph import PipelineGraph, pipeline_graph


@pytest.fixture
def graph() -> Callable[..., PipelineGraph]:
    """Reads the graph of steps."""

    def read(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> PipelineGraph:
        document = {"Steps": steps, "Parameters": [] if parameters is None else parameters}
        return pipeline_graph("churn", json.dumps(document))

    return read


@pytest.fixture
def gated(graph: Callable[..., PipelineGraph]) -> PipelineGraph:
    """Train, then a gate with a step in each of its branches."""
    branch = {"Name": "Register", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "churn"}}
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Train.PropertyFiles.M"}, "Path": "m.auc.value"}}
    condition = {
        "Type": "GreaterThan",
        "LeftValue": value,
        "RightValue": {"Get": "Parameters.Least"},
    }
    arguments = {
        "Conditions": [condition],
        "IfSteps": [branch],
        "ElseSteps": [{"Name": "Fail", "Type": "Fail"}],
    }
    return graph(
        {
            "Name": "Train",
            "Type": "Training",
            "Arguments": {"ResourceConfig": {"InstanceType": "ml.m5.large"}},
        },
        {"Name": "Gate", "Type": "Condition", "Arguments": arguments},
        parameters=[
            {"Name": "Least", "Type": "Float", "DefaultValue": 0.9},
            {"Name": "Data", "Type": "String"},
        ],
    )
