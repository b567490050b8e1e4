from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.references import (
    Scope,
    UnresolvedReferenceError,
    referenced_steps,
    resolve,
)

FILES = {("Evaluate", "Report"): {"metrics": {"f1": {"value": 0.9}, "a b": [1, "x", None]}, "ok": True}}
SCOPE = Scope(
    parameters={"Bucket": "b", "Count": 3, "Rate": 0.5, "On": True},
    execution={"PipelineName": "churn", "PipelineExecutionId": "abc"},
    steps={
        "Train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"}, "HyperParameters": {"a b": "1"}},
        "Pre-process_1": {
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}]
            }
        },
        "Evaluate": {},
        "Gate": {"Outcome": "True"},
    },
    property_file=lambda step, name: FILES[step, name],
    s3_document=lambda uri: {"from": uri},
)


def json_get(path: str, step: str = "Evaluate") -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": f"Steps.{step}.PropertyFiles.Report"}, "Path": path}}


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("plain", "plain"),
        (None, None),
        ({"Get": "Parameters.Bucket"}, "b"),
        ({"Get": "Parameters.Count"}, 3),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}, "s3://b/m.tar.gz"),
        ({"Get": "Steps.Train.HyperParameters['a b']"}, "1"),
        (
            {"Get": "Steps.Pre-process_1.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"},
            "s3://b/train",
        ),
        ({"Get": "Steps.Pre-process_1.ProcessingOutputConfig.Outputs[0].OutputName"}, "train"),
        ({"Get": "Steps.Gate.Outcome"}, "True"),
        ({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "x"]}}, "s3://b/x"),
        (
            {"Std:Join": {"On": "-", "Values": [1, 0.5, True, {"Get": "Parameters.Count"}]}},
            "1-0.5-true-3",
        ),
        ({"Std:Join": {"On": "", "Values": [{"Std:Join": {"On": ".", "Values": ["a", "b"]}}]}}, "a.b"),
        (json_get("metrics.f1.value"), 0.9),
        (json_get("$['metrics']['a b'][1]"), "x"),
        (json_get("ok"), True),
        ({"Std:JsonGet": {"S3Uri": {"Get": "Parameters.Bucket"}, "Path": "from"}}, "b"),
        (
            {"a": [{"Get": "Parameters.On"}, {"b": {"Get": "Parameters.Rate"}}], "Get": "not a reference"},
            {"a": [True, {"b": 0.5}], "Get": "not a reference"},
        ),
    ],
)
def test_resolves(value: Any, resolved: Any) -> None:
    assert resolve(value, SCOPE) == resolved


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"Get": "Parameters.Nope"},
            (
                "'Parameters.Nope' cannot be resolved: 'Nope' is no parameter of this pipeline ('Bucket', "
                "'Count', 'Rate', 'On')"
            ),
        ),
        (
            {"Get": "Execution.Nope"},
            (
                "'Execution.Nope' cannot be resolved: 'Nope' is no execution variable here ('PipelineName', "
                "'PipelineExecutionId')"
            ),
        ),
        ({"Get": "Nope"}, "'Nope' must start with Parameters., Execution. or Steps."),
        (
            {"Get": "Steps.Skipped.Outcome"},
            "'Steps.Skipped.Outcome' cannot be resolved: step 'Skipped' did not run in this execution",
        ),
        (
            {"Get": "Steps.Train.ModelArtifact"},
            (
                "'Steps.Train.ModelArtifact' cannot be resolved: 'ModelArtifact' leads nowhere: there is no "
                "'ModelArtifact' in an object with 'ModelArtifacts', 'HyperParameters'"
            ),
        ),
        (
            json_get("metrics.f2.value"),
            (
                "JsonGet on 'Steps.Evaluate.PropertyFiles.Report' failed: 'metrics.f2.value' leads nowhere: "
                "there is no 'f2' in an object with 'f1', 'a b'"
            ),
        ),
        (
            json_get("metrics"),
            (
                "JsonGet on 'Steps.Evaluate.PropertyFiles.Report' failed: 'metrics' must lead to a string, "
                "a number or a boolean, got an object"
            ),
        ),
        (
            json_get("metrics['a b'][2]"),
            (
                "JsonGet on 'Steps.Evaluate.PropertyFiles.Report' failed: \"metrics['a b'][2]\" must lead "
                "to a string, a number or a boolean, got null"
            ),
        ),
        (
            json_get("ok", step="Skipped"),
            (
                "'Steps.Skipped.PropertyFiles.Report' cannot be resolved: step 'Skipped' did not run in "
                "this execution"
            ),
        ),
        (
            {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.Report"}, "Path": "a"}},
            "'Steps.Evaluate.Report' must be Steps.<step>.PropertyFiles.<name>",
        ),
    ],
)
def test_fails_when_a_reference_has_no_value(value: Any, message: str) -> None:
    with pytest.raises(UnresolvedReferenceError) as caught:
        resolve(value, SCOPE)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ({"Get": "Parameters.Bucket"}, set()),
        ([{"x": {"Get": "Steps.A.B"}}, {"Get": "Steps.C"}], {"A", "C"}),
        (json_get("x"), {"Evaluate"}),
        ({"Std:Join": {"On": "", "Values": [{"Get": "Steps.A-1.X['y']"}, "Steps.No.Reference"]}}, {"A-1"}),
    ],
)
def test_finds_the_steps_that_a_value_reads_from(value: Any, steps: set[str]) -> None:
    assert referenced_steps(value) == steps
