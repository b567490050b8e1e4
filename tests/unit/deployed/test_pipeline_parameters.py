"""What a pipeline can be started with, checked before it is."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.pipeline_parameters import (
    Parameter,
    check_values,
    pipeline_parameters,
    split_assignments,
)
from cdk_sagemaker_mlops.errors import ValidationError

PARAMETERS = (
    Parameter(name="Data", type="String"),
    Parameter(name="Rounds", type="Integer", default=5),
    Parameter(name="Rate", type="Float", default=0.5),
    Parameter(name="Fast", type="Boolean", default=False),
    Parameter(name="Mode", type="String", default="a", allowed=("a", "b")),
)
EXISTING = (
    "choose from Data (String, required); Rounds (Integer, default 5); Rate (Float, default 0.5);"
    " Fast (Boolean, default False); Mode (String, one of a, b, default 'a')"
)


def test_they_are_read_from_the_deployed_definition() -> None:
    sagemaker = boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    definition = {
        "Parameters": [
            {"Name": "Data", "Type": "String"},
            {"Name": "Mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        ]
    }
    with Stubber(sagemaker) as stubber:
        stubber.add_response(
            "describe_pipeline", {"PipelineDefinition": json.dumps(definition)}, {"PipelineName": "churn"}
        )
        assert pipeline_parameters(sagemaker, "churn") == (PARAMETERS[0], PARAMETERS[4])


def test_values_may_hold_an_equals_sign() -> None:
    assert split_assignments(["Data=s3://b/k?a=b", "Mode="]) == {"Data": "s3://b/k?a=b", "Mode": ""}


@pytest.mark.parametrize("words", [["Data"], ["=1"], ["A=1", "A=2"]])
def test_fails_on_what_is_no_assignment(words: list[str]) -> None:
    with pytest.raises(ValidationError, match="-p must be Name=value, each name once"):
        split_assignments(words)


def test_good_values_pass() -> None:
    check_values(PARAMETERS, {"Data": "s3://b", "Rounds": "7", "Rate": "1e-3", "Fast": "True", "Mode": "b"})


def test_fails_on_everything_at_once_with_what_exists() -> None:
    given = {"Nope": "1", "Rounds": "many", "Rate": "fast", "Fast": "1", "Mode": "c"}
    with pytest.raises(ValidationError) as caught:
        check_values(PARAMETERS, given)
    assert str(caught.value).splitlines() == [
        f"UnknownParameter: -p Nope must name a parameter of the pipeline, got 'Nope'; {EXISTING}",
        f"InvalidParameterValue: -p Rounds must be of type Integer, got 'many'; {EXISTING}",
        f"InvalidParameterValue: -p Rate must be of type Float, got 'fast'; {EXISTING}",
        f"InvalidParameterValue: -p Fast must be of type Boolean, got '1'; {EXISTING}",
        f"InvalidParameterValue: -p Mode must be one of a, b, got 'c'; {EXISTING}",
        "MissingParameter: -p Data must be given: it has no default, got None; add -p Data=<String>",
    ]


def test_fails_in_words_where_there_are_none() -> None:
    with pytest.raises(ValidationError, match="choose from none: it has none"):
        check_values((), {"A": "1"})
