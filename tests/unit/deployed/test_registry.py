"""A model package group."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.registry import Registry, open_registry
from cdk_sagemaker_mlops.errors import ValidationError

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def registry() -> Registry:
    return Registry(sagemaker=client("sagemaker"), s3=client("s3"), group="churn")


def package(stubber: Stubber, version: int, **more: Any) -> None:
    arn = f"{ARN}:model-package/churn/{version}"
    body = {
        "ModelPackageName": "churn",
        "ModelPackageArn": arn,
        "ModelPackageVersion": version,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "Approved",
        "CreationTime": NOW,
        **more,
    }
    stubber.add_response("describe_model_package", body, {"ModelPackageName": arn})


def group(stubber: Stubber) -> None:
    body = {
        "ModelPackageGroupName": "churn",
        "ModelPackageGroupArn": f"{ARN}:model-package-group/churn",
        "CreationTime": NOW,
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
    }
    stubber.add_response("describe_model_package_group", body, {"ModelPackageGroupName": "churn"})


def test_the_newest_versions_come_first(registry: Registry) -> None:
    summaries = [
        {
            "ModelPackageArn": f"{ARN}:model-package/churn/{version}",
            "ModelPackageName": "churn",
            "CreationTime": NOW,
            "ModelPackageStatus": "Completed",
        }
        for version in (2,)
    ]
    with Stubber(registry.sagemaker) as stubber:
        stubber.add_response(
            "list_model_packages",
            {"ModelPackageSummaryList": summaries},
            {
                "ModelPackageGroupName": "churn",
                "SortBy": "CreationTime",
                "SortOrder": "Descending",
                "MaxResults": 5,
            },
        )
        package(stubber, 2, ApprovalDescription="good")
        (found,) = registry.latest(5)
    assert (found.version, found.approval_description, found.created) == (2, "good", NOW)


def test_a_version_is_found_by_its_number(registry: Registry) -> None:
    with Stubber(registry.sagemaker) as stubber:
        group(stubber)
        package(stubber, 4)
        assert registry.version(4).arn == f"{ARN}:model-package/churn/4"


def test_fails_on_a_version_that_does_not_exist(registry: Registry) -> None:
    with Stubber(registry.sagemaker) as stubber:
        group(stubber)
        stubber.add_client_error("describe_model_package", "ValidationException", "does not exist")
        with pytest.raises(ValidationError) as caught:
            registry.version(9)
    assert str(caught.value) == (
        "NoSuchVersion: VERSION must be a version in churn, got 9; choose one that cdk-mlops versions shows"
    )


def test_metrics_that_are_gone_do_not_hide_the_version(registry: Registry) -> None:
    quality = {
        "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/metrics.json"}}
    }
    with Stubber(registry.sagemaker) as stubber, Stubber(registry.s3) as s3:
        group(stubber)
        package(stubber, 4, ModelMetrics=quality)
        s3.add_client_error("get_object", "NoSuchKey", "The specified key does not exist.")
        found = registry.version(4)
    assert found.metrics == {}
    assert "The specified key does not exist." in str(found.metrics_error)


def test_a_decision_carries_its_reason(registry: Registry) -> None:
    with Stubber(registry.sagemaker) as stubber:
        group(stubber)
        package(stubber, 4)
        model = registry.version(4)
        stubber.add_response(
            "update_model_package",
            {"ModelPackageArn": model.arn},
            {
                "ModelPackageArn": model.arn,
                "ModelApprovalStatus": "Rejected",
                "ApprovalDescription": "drifts",
            },
        )
        registry.decide(model, "Rejected", reason="drifts")
        stubber.assert_no_pending_responses()


def test_a_group_elsewhere_is_read_in_its_own_region() -> None:
    asked: list[tuple[str, str]] = []

    def make_client(service: str, region: str) -> Any:
        asked.append((service, region))
        return object()

    account = Account(make_client, region="us-east-1")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/churn"
    assert open_registry(account, arn).group == arn
    open_registry(account, "churn")
    assert asked == [("sagemaker", "eu-west-1"), ("s3", "us-east-1"), ("sagemaker", "us-east-1")]
