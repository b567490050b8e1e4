from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdk_sagemaker_mlops.local.engine import events

_MADE = datetime(2021, 2, 24, 17, 0, 14, tzinfo=UTC)
_ENDED = datetime(2021, 2, 24, 18, 0, 14, tzinfo=UTC)


def test_a_model_package_event_has_the_documented_body() -> None:
    package = {
        "ModelPackageGroupName": "churn",
        "ModelPackageVersion": 2,
        "ModelPackageArn": "arn/churn/2",
        "CreationTime": _MADE,
        "InferenceSpecification": {"Containers": [{"Image": "i"}]},
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "Rejected",
        "MetadataProperties": {"GeneratedBy": "arn"},
        "LastModifiedTime": _ENDED,
        "Tags": [{"Key": "a", "Value": "b"}],
        "_Own": 1,
    }

    event = events.model_package_changed(package)

    assert event.detail_type == "SageMaker Model Package State Change"
    assert event.resources == ("arn/churn/2",)
    assert event.detail == {
        **{key: value for key, value in package.items() if key not in ("Tags", "_Own")},
        "CreationTime": "2021-02-24T17:00:14Z",
        "LastModifiedTime": "2021-02-24T18:00:14Z",
    }


def test_an_endpoint_event_has_the_documented_body() -> None:
    endpoint = {
        "EndpointName": "Churn",
        "EndpointArn": "arn/churn",
        "EndpointConfigName": "one",
        "ProductionVariants": [{"VariantName": "v", "DesiredWeight": 1.0}],
        "EndpointStatus": "InService",
        "CreationTime": _MADE,
        "LastModifiedTime": _ENDED,
        "PendingDeploymentSummary": {"EndpointConfigName": "two"},
    }

    event = events.endpoint_changed(endpoint, {"a": "b"})

    assert event.detail_type == "SageMaker Endpoint State Change"
    assert event.resources == ("arn/churn",)
    assert event.detail == {
        "EndpointName": "Churn",
        "EndpointArn": "arn/churn",
        "EndpointConfigName": "one",
        "ProductionVariants": [{"VariantName": "v", "DesiredWeight": 1.0}],
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": 1614186014000,
        "LastModifiedTime": 1614189614000,
        "Tags": {"a": "b"},
    }


@pytest.mark.parametrize(
    ("status", "written"),
    [
        ("Creating", "CREATING"),
        ("InService", "IN_SERVICE"),
        ("RollingBack", "ROLLING_BACK"),
        ("UpdateRollbackFailed", "UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_statuses_are_written_in_upper_snake_case(status: str, written: str) -> None:
    assert events.upper_snake(status) == written


@pytest.mark.parametrize(
    ("current", "ended"), [("Executing", False), ("Stopping", False), ("Succeeded", True)]
)
def test_an_execution_event_has_the_documented_body(current: str, ended: bool) -> None:
    execution = {
        "PipelineArn": "arn/p",
        "PipelineExecutionArn": "arn/p/execution/e",
        "PipelineExecutionDisplayName": "first",
        "PipelineExecutionDescription": None,
        "CreationTime": _MADE,
        "LastModifiedTime": _ENDED,
    }

    event = events.execution_changed(execution, previous="Executing", current=current)

    assert event.detail_type == "SageMaker Model Building Pipeline Execution Status Change"
    assert event.resources == ("arn/p", "arn/p/execution/e")
    end = {"executionEndTime": "2021-02-24T18:00:14Z"} if ended else {}
    assert event.detail == {
        "pipelineExecutionDisplayName": "first",
        "currentPipelineExecutionStatus": current,
        "previousPipelineExecutionStatus": "Executing",
        "executionStartTime": "2021-02-24T17:00:14Z",
        "pipelineArn": "arn/p",
        "pipelineExecutionArn": "arn/p/execution/e",
        **end,
    }
