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
    (decrypt,) = [each for each in statements if each["Action"] == "kms:Decrypt"]
    key = full_deployment.properties(bucket)["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert decrypt["Resource"] == key["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]


def test_the_execution_role_writes_captures_and_nothing_else_to_s3(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentExecutionRole")
    (put,) = by_action(statements, "s3:PutObject")
    assert put["Action"] == "s3:PutObject"
    assert put["Resource"]["Fn::Join"][1][-1] == "/Churn-Live/data-capture*"
    # IAM knows no aliases.
    (use,) = by_action(statements, "kms:GenerateDataKey")
    assert use["Resource"]["Fn::Join"][1][-1].endswith(":key/*")


def test_the_execution_role_attaches_to_the_subnets_it_is_told_of(full_deployment: Any) -> None:
    (attach,) = by_action(full_deployment.statements("DeploymentExecutionRole"), "ec2:CreateNetworkInterface")
    ends = [each["Fn::Join"][1][-1].rpartition(":")[2] for each in attach["Resource"]]
    assert ends == ["network-interface/*", "subnet/subnet-1", "security-group/sg-1"]


def test_the_execution_role_reads_the_alarms_that_undo_a_rollout(
    full_deployment: Any, async_deployment: Any, default_deployment: Any
) -> None:
    (read,) = by_action(full_deployment.statements("DeploymentExecutionRole"), "cloudwatch:DescribeAlarms")
    assert [each["Fn::GetAtt"][0] for each in read["Resource"]] == [
        full_deployment.named(f"Deployment{name}Alarm", "AWS::CloudWatch::Alarm")
        for name in ("Invocation5XXErrors", "InvocationModelErrors", "ModelLatency")
    ]
    # A composite alarm, which the user's own may be, cannot be named.
    (read,) = by_action(async_deployment.statements("DeploymentExecutionRole"), "cloudwatch:DescribeAlarms")
    assert read["Resource"] == "*"
    assert (
        by_action(default_deployment.statements("DeploymentExecutionRole"), "cloudwatch:DescribeAlarms") == []
    )


def test_the_execution_role_answers_asynchronously(async_deployment: Any) -> None:
    statements = async_deployment.statements("DeploymentExecutionRole")
    (put,) = by_action(statements, "s3:PutObject")
    assert put["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert put["Resource"]["Fn::Join"][1][-1] == (
        f":s3:::churn-artifacts/{async_deployment.deployment.endpoint_name}/async-output*"
    )
    (publish,) = by_action(statements, "sns:Publish")
    assert publish["Resource"] == {"Ref": async_deployment.named("Answers", "AWS::SNS::Topic")}


def test_the_execution_role_reads_copies_of_models_of_another_region(elsewhere_deployment: Any) -> None:
    text = json.dumps(elsewhere_deployment.statements("DeploymentExecutionRole"))
    assert ":s3:::our-copies/*" in text
    assert "their-models" not in text


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
