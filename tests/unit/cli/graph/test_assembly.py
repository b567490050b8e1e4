"""Pipelines of an app that was synthesised and not deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.cli.graph.assembly import synthesised_pipelines
from cdk_sagemaker_mlops.cli.graph.pipeline_graph import pipeline_graph
from cdk_sagemaker_mlops.errors import OperationError, ValidationError


def assembly(folder: Path, *definitions: Any) -> Path:
    folder.mkdir(parents=True)
    for number, definition in enumerate(definitions):
        properties = {"PipelineName": f"churn{number}", "PipelineDefinition": definition}
        resources = {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Pipeline": {"Type": "AWS::SageMaker::Pipeline", "Properties": properties},
        }
        (folder / f"S{number}.template.json").write_text(json.dumps({"Resources": resources}))
    return folder


def test_reads_the_app_s_folder_and_the_assembly_itself(tmp_path: Path) -> None:
    assembly(
        tmp_path / "app" / "cdk.out",
        {"PipelineDefinitionBody": '{"Steps": []}'},
        {"PipelineDefinitionBody": "x"},
    )
    expected = {"churn0": '{"Steps": []}', "churn1": "x"}

    assert synthesised_pipelines(tmp_path / "app") == expected
    assert synthesised_pipelines(tmp_path / "app" / "cdk.out") == expected


def test_what_only_a_deployment_knows_is_named(tmp_path: Path) -> None:
    parts = [
        '{"Steps": [], "Parameters": [{"Name": "Data", "Type": "String", "DefaultValue": "s3://',
        {"Ref": "Bucket"},
        "/",
        {"Fn::GetAtt": ["Role", "Arn"]},
        {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, 'with "quotes"']},
        '"}]}',
    ]
    assembly(tmp_path / "cdk.out", {"PipelineDefinitionBody": {"Fn::Join": ["", parts]}})
    (found,) = synthesised_pipelines(tmp_path).values()

    assert pipeline_graph("churn", found).parameters[0].value == "s3://<Bucket>/<Role.Arn><Fn::FindInMap>"


def test_fails_naming_what_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"^NoAssembly: --app must be a folder with a cdk\.out"):
        synthesised_pipelines(tmp_path)
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "cdk.out" / "S.template.json").write_text("{}")
    with pytest.raises(OperationError, match=r"^NoPipeline: .* got \['S\.template\.json'\]"):
        synthesised_pipelines(tmp_path)
    assembly(tmp_path / "large", {"PipelineDefinitionS3Location": {"Bucket": "b", "Key": "k"}})
    with pytest.raises(
        OperationError, match=r"^LargeDefinition: the definition of pipeline churn0 must stand"
    ):
        synthesised_pipelines(tmp_path / "large")
