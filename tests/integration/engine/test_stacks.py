"""Stacks on a running engine, through plain boto3."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any


def test_a_stack_makes_changes_and_deletes_sagemaker_s_resources(aws: Any, bucket: str) -> None:
    definition = json.dumps({"Version": "2020-12-01", "Steps": []})
    aws.s3.put_object(Bucket=bucket, Key="definition.json", Body=definition.encode())
    group: dict[str, Any] = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "stacked", "ModelPackageGroupDescription": "first"},
    }
    location = {"PipelineDefinitionS3Location": {"Bucket": bucket, "Key": "definition.json"}}
    pipeline = {
        "Type": "AWS::SageMaker::Pipeline",
        "Properties": {"PipelineName": "stacked", "RoleArn": aws.ROLE, "PipelineDefinition": location},
    }
    resources = {"Group": group, "Pipeline": pipeline}

    assert aws.deploy("made", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert aws.sagemaker.describe_pipeline(PipelineName="stacked")["PipelineDefinition"] == definition

    newer = {"PipelineDefinitionBody": json.dumps({"Version": "2020-12-01", "Steps": [], "Metadata": {}})}
    pipeline["Properties"] = {**pipeline["Properties"], "PipelineDefinition": newer}  # type: ignore[dict-item]
    group["Properties"]["Tags"] = [{"Key": "team", "Value": "churn"}]
    assert aws.deploy("made", resources, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert "Metadata" in aws.sagemaker.describe_pipeline(PipelineName="stacked")["PipelineDefinition"]
    tags = aws.sagemaker.list_tags(ResourceArn=f"{aws.ARN}:model-package-group/stacked")["Tags"]
    assert {"Key": "team", "Value": "churn"} in tags

    aws.remove("made")
    code, _ = aws.refusal(aws.sagemaker.describe_pipeline, PipelineName="stacked")
    assert code == "ResourceNotFound"


def _served(aws: Any, package: str) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialVariantWeight": "1",
        "InitialInstanceCount": "1",
        "InstanceType": "ml.m5.large",
    }
    container = {"ModelPackageName": package}
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    return {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {"PrimaryContainer": container, "ExecutionRoleArn": aws.ROLE},
        },
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": "stacked", "EndpointConfigName": config},
        },
    }


def test_a_stack_s_endpoint_moves_to_its_new_model(aws: Any, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="served")
    resources = _served(aws, aws.register(bucket, "served", [0, 0, 1, 1]))
    assert aws.deploy("served", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert aws.predict("stacked") == "0,1"

    # A model cannot be changed: the change replaces it, and what refers to it in turn.
    resources = _served(aws, aws.register(bucket, "served", [1, 1, 0, 0]))
    assert aws.deploy("served", resources, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.predict("stacked") == "1,0"
    assert len(aws.sagemaker.list_models(NameContains="served-Model")["Models"]) == 1

    aws.remove("served")
    assert aws.sagemaker.list_endpoints(NameContains="stacked")["Endpoints"] == []
    assert aws.sagemaker.list_models(NameContains="served-Model")["Models"] == []


def test_a_stack_whose_model_does_not_load_rolls_back(aws: Any, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="unserved")

    stack = aws.deploy("unserved", _served(aws, aws.register(bucket, "unserved", None)))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("did not pass the ping health check" in reason for reason in aws.reasons("unserved"))
    assert aws.sagemaker.list_endpoints(NameContains="stacked")["Endpoints"] == []


def _deployment(bucket: str, **properties: Any) -> dict[str, Any]:
    given = {
        "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none",
        "SourceBucketNames": [bucket],
        "SourceObjectKeys": ["asset.zip"],
        "SourceMarkers": [{"<<marker>>": "value"}],
        "DestinationBucketName": bucket,
        **properties,
    }
    return {"Deployment": {"Type": "Custom::CDKBucketDeployment", "Properties": given}}


def test_a_bucket_deployment_copies_prunes_moves_and_empties(aws: Any, bucket: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", '{"name": "<<marker>>"}')
        archive.writestr("sub/b.txt", "text")
    aws.s3.put_object(Bucket=bucket, Key="asset.zip", Body=packed.getvalue())
    aws.s3.put_object(Bucket=bucket, Key="to/old.txt", Body=b"old")
    there = {"DestinationBucketKeyPrefix": "to", "RetainOnDelete": "false"}

    assert aws.deploy("copied", _deployment(bucket, **there))["StackStatus"] == "CREATE_COMPLETE"
    assert aws.keys(bucket, "to/") == ["to/a.json", "to/sub/b.txt"]
    copied = aws.s3.get_object(Bucket=bucket, Key="to/a.json")
    assert (copied["Body"].read(), copied["ContentType"]) == (b'{"name": "value"}', "application/json")

    moved = _deployment(bucket, DestinationBucketKeyPrefix="then", RetainOnDelete="false", Extract="false")
    assert aws.deploy("copied", moved, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.keys(bucket, "to/") == []
    assert aws.keys(bucket, "then/") == ["then/asset.zip"]

    aws.remove("copied")
    assert aws.keys(bucket, "then/") == []


def test_a_retained_deployment_stays_and_does_not_prune(aws: Any, bucket: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "text")
    aws.s3.put_object(Bucket=bucket, Key="asset.zip", Body=packed.getvalue())
    aws.s3.put_object(Bucket=bucket, Key="kept/old.txt", Body=b"old")

    aws.deploy("kept", _deployment(bucket, DestinationBucketKeyPrefix="kept", Prune="false"))
    aws.remove("kept")

    assert aws.keys(bucket, "kept/") == ["kept/a.txt", "kept/old.txt"]


def test_fails_on_a_property_the_type_does_not_have(aws: Any) -> None:
    group = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "g", "Color": 1},
    }

    assert aws.deploy("unsupported", {"Group": group})["StackStatus"] == "ROLLBACK_COMPLETE"

    assert any(
        "Encountered unsupported properties: ['Color']" in reason for reason in aws.reasons("unsupported")
    )
