"""Endpoints of a running engine, through plain boto3."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError


def test_an_endpoint_lives_from_its_first_model_to_its_deletion(aws: Any, bucket: str) -> None:
    take = aws.events_of("endpoints", {"detail-type": ["SageMaker Endpoint State Change"]})
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="signs")
    first = aws.config("first", aws.register(bucket, "signs", [0, 0, 1, 1]))
    second = aws.config("second", aws.register(bucket, "signs", [1, 1, 0, 0]))
    broken = aws.config("broken", aws.register(bucket, "signs", None))

    aws.sagemaker.create_endpoint(EndpointName="signs", EndpointConfigName=first)
    assert aws.settled("signs")["EndpointStatus"] == "InService"
    assert aws.predict("signs") == "0,1"

    aws.sagemaker.update_endpoint(EndpointName="signs", EndpointConfigName=second)
    assert aws.settled("signs")["EndpointConfigName"] == second
    assert aws.predict("signs") == "1,0"

    aws.sagemaker.update_endpoint(EndpointName="signs", EndpointConfigName=broken)
    rolled_back = aws.settled("signs")
    assert rolled_back["EndpointConfigName"] == second
    assert "did not pass the ping health check" in rolled_back["FailureReason"]
    assert aws.predict("signs") == "1,0"

    aws.sagemaker.delete_endpoint(EndpointName="signs")
    aws.until(lambda: not aws.sagemaker.list_endpoints(NameContains="signs")["Endpoints"])
    code, _ = aws.refusal(aws.sagemaker_runtime.invoke_endpoint, EndpointName="signs", Body=b"1")
    assert code == "ValidationError"

    events: list[dict[str, Any]] = []
    aws.until(lambda: (events.extend(take()), len(events) >= 8)[1])
    statuses = sorted(event["detail"]["EndpointStatus"] for event in events)
    assert statuses == sorted(
        [
            "CREATING",
            "IN_SERVICE",
            "UPDATING",
            "IN_SERVICE",
            "UPDATING",
            "ROLLING_BACK",
            "IN_SERVICE",
            "DELETING",
        ]
    )


def test_a_model_s_own_error_comes_back(aws: Any, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="errors")
    config = aws.config("errors", aws.register(bucket, "errors", [0, 0, 1, 1]))
    aws.sagemaker.create_endpoint(EndpointName="errors", EndpointConfigName=config)
    aws.settled("errors")

    with pytest.raises(ClientError) as caught:
        aws.sagemaker_runtime.invoke_endpoint(EndpointName="errors", ContentType="image/png", Body=b"x")

    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert caught.value.response["OriginalStatusCode"] >= 400  # type: ignore[typeddict-item]
    assert "cannot read image/png" in caught.value.response["OriginalMessage"]  # type: ignore[typeddict-item]


def test_decisions_reach_a_queue_through_a_rule(aws: Any, bucket: str) -> None:
    pattern = {
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["decisions"], "ModelApprovalStatus": ["Approved", "Rejected"]},
    }
    take = aws.events_of("decisions", pattern)
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="decisions")
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName="decisions")["ModelPackageArn"]

    aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    events = aws.until(take)
    assert [event["detail"]["ModelApprovalStatus"] for event in events] == ["Approved"]
    assert events[0]["resources"] == [arn]
    assert (events[0]["account"], events[0]["region"]) == ("000000000000", "us-east-1")


def test_an_operation_that_is_not_emulated_says_so(aws: Any) -> None:
    assert aws.refusal(aws.sagemaker.list_training_jobs) == (
        "UnknownOperationException",
        "ListTrainingJobs is not emulated",
    )


def test_regions_are_apart(aws: Any) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="regional")
    elsewhere = boto3.session.Session().client(
        "sagemaker",
        endpoint_url=aws.engine.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    assert elsewhere.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
