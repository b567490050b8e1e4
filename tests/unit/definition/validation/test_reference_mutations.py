"""One change to a valid definition's references, names and limits: each is caught where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import Problem

GONE = "<gone>"
A = "Arguments"
URI = (A, "InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri")
AT_URI = "pipeline.steps[Train].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri"
LEFT = (A, "Conditions", 0, "LeftValue")
AT_LEFT = "pipeline.steps[QualityGate].Arguments.Conditions[0].LeftValue"
FILE = ("Std:JsonGet", "PropertyFile", "Get")
AT_FILE = f"{AT_LEFT}[Std:JsonGet].PropertyFile"
FLOW = "retries_cache_and_order"
RETRY = ("RetryPolicies", 0)

# id: source, step (none: the document), where, value, code, path
MUTATIONS: dict[str, tuple[str, str, tuple[Any, ...], Any, str, str]] = {
    "parameter that is not declared": (
        "standard", "Train", URI, {"Get": "Parameters.InputData"}, "UnknownParameter", AT_URI,
    ),
    "parameter inside a join": (
        "standard", "Train", URI, {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Nowhere"}]}},
        "UnknownParameter", f"{AT_URI}[Std:Join].Values[1]",
    ),
    "step that does not exist": (
        "standard", "Train", URI, {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"},
        "UnknownStep", AT_URI,
    ),
    "output that is not declared": (
        "standard", "Train", URI,
        {"Get": "Steps.Preprocess.ProcessingOutputConfig.Outputs['trian'].S3Output.S3Uri"}, "UnknownOutput", AT_URI,
    ),
    "property that the step has not": (
        "standard", "Train", URI, {"Get": "Steps.Preprocess.ModelArtifacts.S3ModelArtifacts"}, "UnknownProperty", AT_URI,
    ),
    "misspelt property further down": (
        "standard", "Train", URI,
        {"Get": "Steps.Preprocess.ProcessingOutputConfig.Outputs['train'].S3Output.S3URI"}, "UnknownProperty", AT_URI,
    ),
    "execution variable misspelt": (
        "standard", "Train", (A, "HyperParameters", "run"), {"Get": "Execution.PipelineExectionId"},
        "UnknownExecutionVariable", "pipeline.steps[Train].Arguments.HyperParameters.run",
    ),
    "reference into no namespace": (
        "standard", "Train", URI, {"Get": "Parameter.InputDataUri"}, "UnknownReference", AT_URI,
    ),
    "loop item outside a loop": ("standard", "Train", URI, {"Get": "ForEach.CurrentItem"}, "OutsideLoop", AT_URI),
    "property file that is not declared": (
        "standard", "QualityGate", (*LEFT, *FILE), "Steps.Evaluate.PropertyFiles.Evalution",
        "UnknownPropertyFile", AT_FILE,
    ),
    "property file of a step that has none": (
        "standard", "QualityGate", (*LEFT, *FILE), "Steps.Preprocess.PropertyFiles.Evaluation",
        "UnknownPropertyFile", AT_FILE,
    ),
    "property file of a step that does not exist": (
        "standard", "QualityGate", (*LEFT, *FILE), "Steps.Measure.PropertyFiles.Evaluation", "UnknownStep", AT_FILE,
    ),
    "property file of an output that is not declared": (
        "standard", "Evaluate", ("PropertyFiles", 0, "OutputName"), "evaluations",
        "UnknownOutput", "pipeline.steps[Evaluate].PropertyFiles[0].OutputName",
    ),
    "JsonGet without a path": (
        "standard", "QualityGate", (*LEFT, "Std:JsonGet", "Path"), GONE, "MissingMember", f"{AT_LEFT}.Path",
    ),
    "JsonGet of nothing": (
        "standard", "QualityGate", (*LEFT, "Std:JsonGet", "PropertyFile"), GONE, "InvalidValue", AT_LEFT,
    ),
    "dependency on no step": (
        "standard", "Train", ("DependsOn",), ["Preproces"], "UnknownStep", "pipeline.steps[Train].DependsOn[0]",
    ),
    "run condition on no step": (
        FLOW, "Tell", ("DependsOn", 0, "Step"), "Training", "UnknownStep", "pipeline.steps[Tell].DependsOn[0]",
    ),
    "trigger that is none": (
        FLOW, "Tell", ("DependsOn", 0, "Trigger"), "Fails", "InvalidValue", "pipeline.steps[Tell].DependsOn[0].Trigger",
    ),
    "step after itself": ("standard", "Train", ("DependsOn",), ["Train"], "DependencyCycle", "pipeline.steps[Train]"),
    "two steps after each other": (
        "standard", "Preprocess", ("DependsOn",), ["Train"], "DependencyCycle", "pipeline.steps[Preprocess]",
    ),
    "cycle over three steps": (
        "standard", "Preprocess", ("DependsOn",), ["Evaluate"], "DependencyCycle", "pipeline.steps[Evaluate]",
    ),
    "condition on the step that it decides about": (
        "standard", "QualityGate", LEFT, {"Get": "Steps.RegisterModel.ModelPackageArn"},
        "DependencyCycle", "pipeline.steps[QualityGate]",
    ),
    "step after one that it decides about": (
        "standard", "Train", ("DependsOn",), ["RegisterModel"], "DependencyCycle", "pipeline.steps[Evaluate]",
    ),
    "output parameter that is not declared": (
        "callback", "Tell", (A, "ErrorMessage"), {"Get": "Steps.Ask.OutputParameters['anwser']"},
        "UnknownOutput", "pipeline.steps[Tell].Arguments.ErrorMessage",
    ),
    "output of a function that is not declared": (
        "lambda_function", "Tell", (A, "ErrorMessage"), {"Get": "Steps.Notify.OutputParameters['state']"},
        "UnknownOutput", "pipeline.steps[Tell].Arguments.ErrorMessage",
    ),
    "output parameter of no type": (
        "callback", "Ask", ("OutputParameters", 0, "OutputType"), "Text",
        "InvalidValue", "pipeline.steps[Ask].OutputParameters[0].OutputType",
    ),
    "output parameter declared twice": (
        "callback", "Ask", ("OutputParameters", 1), {"OutputName": "answer", "OutputType": "String"},
        "DuplicateOutput", "pipeline.steps[Ask].OutputParameters[1].OutputName",
    ),
    "loop result of a step outside the loop": (
        "for_each", "Plans", (A, "Selector", "Field"), {"Get": "IterationOutput.Tell.OutputParameters['score']"},
        "UnknownStep", "pipeline.steps[Plans].Arguments.Selector.Field",
    ),
    "loop that picks by nothing known": (
        "for_each", "Plans", (A, "Selector", "Pick"), "Best",
        "InvalidValue", "pipeline.steps[Plans].Arguments.Selector.Pick",
    ),
    "loop that runs too much at once": (
        "for_each", "Plans", (A, "MaxConcurrency"), 51, "OutOfRange", "pipeline.steps[Plans].Arguments.MaxConcurrency",
    ),
    "loop over nothing": (
        "for_each", "Plans", (A, "IterableItems"), [], "TooFewItems", "pipeline.steps[Plans].Arguments.IterableItems",
    ),
    "cleanup after no step": (
        "cleanup", "Cleanup", (A, "Resources", "S3", 0, "StepName"), "Training",
        "UnknownStep", "pipeline.steps[Cleanup].Arguments.Resources.S3[0].StepName",
    ),
    "condition without a right side": (
        "standard", "QualityGate", (A, "Conditions", 0, "RightValue"), GONE,
        "MissingMember", "pipeline.steps[QualityGate].Arguments.Conditions[0].RightValue",
    ),
    "condition of no kind": (
        "standard", "QualityGate", (A, "Conditions", 0, "Type"), "GreaterOrEqualTo",
        "InvalidValue", "pipeline.steps[QualityGate].Arguments.Conditions[0].Type",
    ),
    "condition that orders a boolean": (
        "standard", "QualityGate", (A, "Conditions", 0, "RightValue"), True,
        "WrongType", "pipeline.steps[QualityGate].Arguments.Conditions[0].RightValue",
    ),
    "nested condition without a value": (
        "every_condition", "Gate", (A, "Conditions", 5, "Conditions", 0, "QueryValue"), GONE,
        "MissingMember", "pipeline.steps[Gate].Arguments.Conditions[5].Conditions[0].QueryValue",
    ),
    "no conditions": (
        "standard", "QualityGate", (A, "Conditions"), [],
        "MissingMember", "pipeline.steps[QualityGate].Arguments.Conditions",
    ),
    "step name with a space": (
        FLOW, "Tell", ("Name",), "Tell me", "InvalidStepName", "pipeline.steps[Tell me].Name",
    ),
    "step name that is too long": (
        FLOW, "Tell", ("Name",), "T" * 65, "InvalidStepName", f"pipeline.steps[{'T' * 65}].Name",
    ),
    "no step name": (FLOW, "Tell", ("Name",), GONE, "InvalidStepName", "pipeline.steps[2].Name"),
    "step name given twice": (
        FLOW, "Tell", ("Name",), "Prepare", "DuplicateStepName", "pipeline.steps[Prepare].Name",
    ),
    "nested step name given twice": (
        "standard", "RegisterModel", ("Name",), "Fail", "DuplicateStepName", "pipeline.steps[Fail].Name",
    ),
    "misspelt step type": ("standard", "Train", ("Type",), "Trainings", "UnknownStepType", "pipeline.steps[Train].Type"),
    "cache for no duration": (
        "standard", "Train", ("CacheConfig", "ExpireAfter"), "30 days",
        "InvalidDuration", "pipeline.steps[Train].CacheConfig.ExpireAfter",
    ),
    "cache neither on nor off": (
        "standard", "Train", ("CacheConfig", "Enabled"), "yes", "WrongType", "pipeline.steps[Train].CacheConfig.Enabled",
    ),
    "too many attempts": (
        FLOW, "Train", (*RETRY, "MaxAttempts"), 21, "OutOfRange", "pipeline.steps[Train].RetryPolicies[0].MaxAttempts",
    ),
    "negative backoff": (
        FLOW, "Train", (*RETRY, "BackoffRate"), -1, "OutOfRange", "pipeline.steps[Train].RetryPolicies[0].BackoffRate",
    ),
    "retry of no exception": (
        FLOW, "Train", (*RETRY, "ExceptionType", 0), "Step.SERVICE_ERROR",
        "InvalidValue", "pipeline.steps[Train].RetryPolicies[0].ExceptionType[0]",
    ),
    "parameter declared twice": (
        "standard", "", ("Parameters", 0, "Name"), "MetricThreshold",
        "DuplicateParameterName", "pipeline.parameters[MetricThreshold]",
    ),
    "parameter name with a dot": (
        "every_condition", "", ("Parameters", 2), {"Name": "a.b", "Type": "String"},
        "InvalidParameterName", "pipeline.parameters[a.b]",
    ),
    "parameter of no type": (
        "every_condition", "", ("Parameters", 2), {"Name": "n", "Type": "Number"},
        "UnknownParameterType", "pipeline.parameters[n].Type",
    ),
    "default of another type": (
        "every_condition", "", ("Parameters", 2), {"Name": "n", "Type": "Integer", "DefaultValue": "1"},
        "WrongType", "pipeline.parameters[n].DefaultValue",
    ),
    "too many parameters": (
        "cleanup", "", ("Parameters",), [{"Name": f"p{index}", "Type": "String"} for index in range(201)],
        "TooManyParameters", "pipeline.parameters",
    ),
    "condition that is no object": (
        "standard", "QualityGate", (A, "Conditions", 0), "x",
        "WrongType", "pipeline.steps[QualityGate].Arguments.Conditions[0]",
    ),
    "loop without a concurrency": (
        "for_each", "Plans", (A, "MaxConcurrency"), GONE, "WrongType", "pipeline.steps[Plans].Arguments.MaxConcurrency",
    ),
    "loop over one literal": (
        "for_each", "Plans", (A, "IterableItems"), "basic", "WrongType", "pipeline.steps[Plans].Arguments.IterableItems",
    ),
    "retry policy that is no object": (
        FLOW, "Train", RETRY, "twice", "WrongType", "pipeline.steps[Train].RetryPolicies[0]",
    ),
    "attempts that are no number": (
        FLOW, "Train", (*RETRY, "MaxAttempts"), "4", "WrongType", "pipeline.steps[Train].RetryPolicies[0].MaxAttempts",
    ),
    "description that is too long": (
        FLOW, "Prepare", ("Description",), "x" * 3073, "TooLong", "pipeline.steps[Prepare].Description",
    ),
    "output parameter without a name": (
        "callback", "Ask", ("OutputParameters", 1), {"OutputType": "String"},
        "WrongType", "pipeline.steps[Ask].OutputParameters[1].OutputName",
    ),
    "arguments of a callback that are no object": (
        "callback", "Ask", (A,), "x", "WrongType", "pipeline.steps[Ask].Arguments",
    ),
    "cleanup of nothing": (
        "cleanup", "Cleanup", (A, "Resources", "S3"), [],
        "MissingMember", "pipeline.steps[Cleanup].Arguments.Resources.S3",
    ),
    "no steps": ("cleanup", "", ("Steps",), [], "NoSteps", "pipeline.steps"),
    "definition that is too large": (
        "callback", "Ask", (A, "text"), "x" * 1_048_576, "DefinitionTooLarge", "pipeline",
    ),
}  # fmt: skip
# The last of a pair is what else the change breaks.
ALSO = {
    "parameter declared twice": [
        ("UnknownParameter", "pipeline.steps[Preprocess].Arguments.ProcessingInputs[0].S3Input.S3Uri")
    ]
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_fails_where_the_definition_is_wrong(problems_after: Callable[..., list[Problem]], name: str) -> None:
    source, step, where, value, code, path = MUTATIONS[name]

    found = problems_after(source, step, where, value)

    assert [(problem.code, problem.parameter) for problem in found] == [(code, path), *ALSO.get(name, [])]


@pytest.mark.parametrize(
    ("source", "step", "where", "value"),
    [
        ("standard", "Train", ("DependsOn",), ["Preprocess"]),
        ("standard", "Train", ("DisplayName",), "Train the model"),
        ("standard", "Train", (A, "HyperParameters", "run"), {"Get": "Execution.SomethingNew"}),
        ("standard", "QualityGate", (*LEFT,), {"Get": "Steps.Train.BillableTimeInSeconds"}),
    ],
)
def test_keeps_what_is_right(
    problems_after: Callable[..., list[Problem]], source: str, step: str, where: tuple[Any, ...], value: Any
) -> None:
    assert problems_after(source, step, where, value) == []
