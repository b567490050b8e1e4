"""Alarms and dead letters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.health import Alarm, dead_letters, read_alarms, stack_alarms
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://sqs.us-east-1.amazonaws.com/1/dead"


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def test_alarms_are_read_by_name_each_once() -> None:
    cloudwatch = client("cloudwatch")
    alarm = {"AlarmName": "a", "StateValue": "ALARM", "StateReason": "5 > 1", "StateUpdatedTimestamp": NOW}
    with Stubber(cloudwatch) as stubber:
        stubber.add_response(
            "describe_alarms",
            {"MetricAlarms": [alarm], "CompositeAlarms": [{"AlarmName": "b", "StateValue": "OK"}]},
            {"AlarmNames": ["a", "b"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
        )
        assert read_alarms(cloudwatch, ["b", "a", "b"]) == (
            Alarm(name="a", state="ALARM", since=NOW, reason="5 > 1"),
            Alarm(name="b", state="OK"),
        )
        assert read_alarms(cloudwatch, []) == ()


def test_the_alarms_of_one_construct_are_told_from_its_neighbour_s() -> None:
    cloudformation = client("cloudformation")
    pipeline = DeployedPipeline(
        path="Prod/Churn/Ml-ops",
        stack="Prod-Churn",
        region="us-east-1",
        pipeline_name="churn",
        model_package_group_name="churn",
    )
    kinds = {
        "MlopsModelDeploymentAlarm1": "AWS::CloudWatch::Alarm",
        "OtherAlarm2": "AWS::CloudWatch::Alarm",
        "MlopsQueue3": "AWS::SQS::Queue",
    }
    resources = [
        {
            "LogicalResourceId": name,
            "PhysicalResourceId": name.lower(),
            "ResourceType": kind,
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": NOW,
        }
        for name, kind in kinds.items()
    ]
    with Stubber(cloudformation) as stubber:
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": "Prod-Churn"}
        )
        assert stack_alarms(cloudformation, pipeline) == ("mlopsmodeldeploymentalarm1",)


def test_dead_letters_are_counted() -> None:
    sqs = client("sqs")
    with Stubber(sqs) as stubber:
        stubber.add_response("get_queue_attributes", {"Attributes": {"ApproximateNumberOfMessages": "3"}})
        assert dead_letters(sqs, URL) == 3
        stubber.add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")
        assert dead_letters(sqs, URL) is None
        assert dead_letters(sqs, None) is None
        stubber.add_client_error("get_queue_attributes", "AccessDenied")
        with pytest.raises(sqs.exceptions.ClientError):
            dead_letters(sqs, URL)
