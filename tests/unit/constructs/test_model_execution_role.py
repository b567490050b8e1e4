from __future__ import annotations

import json
from typing import Any


def by_action(statements: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [
        each
        for each in statements
        if action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    ]


def test_the_execution_role_reads_the_artifacts_and_their_key(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentExecutionRole")
    bucket = full_deployment.only("AWS::S3::Bucket")
    (get,) = by_action(statements, "s3:GetObject")
    assert get["Action"] == "s3:GetObject"
    assert get["Resource"] == {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/*"]]}
    (decrypt,) = by_action(statements, "kms:Decrypt")
    assert decrypt["Resource"] == {"Fn::GetAtt": [full_deployment.only("AWS::KMS::Key"), "Arn"]}
    assert not [
        each for each in statements if "Put" in json.dumps(each["Action"]) and "s3" in json.dumps(each)
    ]


def test_the_execution_role_reads_no_bucket_it_is_not_told_of(default_deployment: Any) -> None:
    assert "s3:" not in json.dumps(default_deployment.statements("DeploymentExecutionRole"))


def test_the_execution_role_writes_only_its_endpoints_log_and_metrics(default_deployment: Any) -> None:
    statements = default_deployment.statements("DeploymentExecutionRole")
    log_group = default_deployment.named("DeploymentEndpointLogGroup", "AWS::Logs::LogGroup")
    (logs,) = by_action(statements, "logs:PutLogEvents")
    assert logs["Resource"] == {"Fn::GetAtt": [log_group, "Arn"]}
    name = default_deployment.properties(log_group)["LogGroupName"]
    assert name == f"/aws/sagemaker/Endpoints/{default_deployment.deployment.endpoint_name}"
    (metrics,) = by_action(statements, "cloudwatch:PutMetricData")
    assert metrics["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}
    }


def test_the_execution_role_pulls_sagemakers_images_only(default_deployment: Any) -> None:
    (pull,) = by_action(default_deployment.statements("DeploymentExecutionRole"), "ecr:BatchGetImage")
    repositories = [each["Fn::Join"][1][-1] for each in pull["Resource"]]
    assert [text.rpartition("/")[2] for text in repositories] == [
        "sagemaker-*",
        "*-inference",
        "*-inference-*",
        "xgboost",
    ]
