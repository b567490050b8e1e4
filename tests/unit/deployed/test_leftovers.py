"""What deleted stacks left on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.leftovers import Leftover, delete_leftover, find_leftovers
from cdk_sagemaker_mlops.errors import OperationError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/Churn/1"
BUCKET = Leftover(kind="bucket", name="artifacts", stack="Churn", content="2 objects", deleted=NOW)
GROUP = Leftover(kind="model package group", name="churn", stack="Churn", content="1 version", deleted=NOW)
PACKAGE = {
    "ModelPackageArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/1",
    "ModelPackageName": "churn",
    "CreationTime": NOW,
    "ModelPackageStatus": "Completed",
}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def event(kind: str, status: str, logical: str, physical: str = "") -> dict[str, Any]:
    return {
        "StackId": STACK_ID,
        "EventId": f"{logical}-{status}",
        "StackName": "Churn",
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceType": kind,
        "ResourceStatus": status,
        "Timestamp": NOW,
    }


CLEANUP = event("Custom::SageMakerModelDeploymentCleanup", "DELETE_COMPLETE", "MlopsCleanup", "x")
KEPT = [
    event("AWS::S3::Bucket", "DELETE_SKIPPED", "MlopsTrainingPipelineArtifactBucketA1", "artifacts"),
    event("AWS::S3::Bucket", "DELETE_SKIPPED", "UsersOwnA2", "private"),
    event(
        "AWS::SageMaker::ModelPackageGroup",
        "DELETE_SKIPPED",
        "MlopsGroupA3",
        "arn:x:model-package-group/churn",
    ),
]
BEGAN = event("AWS::CloudFormation::Stack", "DELETE_IN_PROGRESS", "Churn", STACK_ID)
# Before its deletion, a stack may have let go of other things.
EARLIER = event("AWS::SageMaker::ModelPackageGroup", "DELETE_SKIPPED", "MlopsGroupB1", "long-ago")


class Clients:
    def __init__(self) -> None:
        self.cloudformation, self.s3, self.sagemaker = (
            client("cloudformation"),
            client("s3"),
            client("sagemaker"),
        )
        self.stubs = {name: Stubber(each) for name, each in vars(self).items()}

    def __enter__(self) -> Clients:
        for stub in self.stubs.values():
            stub.activate()
        return self

    def __exit__(self, *_: object) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
            stub.deactivate()

    def answers(
        self, service: str, operation: str, answer: dict[str, Any], asked: dict[str, Any] | None = None
    ) -> None:
        self.stubs[service].add_response(operation, answer, asked)

    def remember(self, events: list[dict[str, Any]], live: list[dict[str, Any]]) -> None:
        self.answers("cloudformation", "describe_stacks", {"Stacks": live})
        deleted = {
            "StackName": "Churn",
            "StackId": STACK_ID,
            "StackStatus": "DELETE_COMPLETE",
            "CreationTime": NOW,
            "DeletionTime": NOW,
        }
        self.answers("cloudformation", "list_stacks", {"StackSummaries": [deleted]})
        self.answers(
            "cloudformation", "describe_stack_events", {"StackEvents": events}, {"StackName": STACK_ID}
        )

    def find(self) -> tuple[Leftover, ...]:
        return find_leftovers(self.cloudformation, self.s3, self.sagemaker)


def test_the_bucket_and_the_registry_of_a_deleted_stack_are_found_and_nothing_of_the_user_s() -> None:
    with Clients() as clients:
        clients.remember([*KEPT, CLEANUP, BEGAN, EARLIER], live=[])
        clients.answers(
            "s3", "list_objects_v2", {"KeyCount": 2, "IsTruncated": False}, {"Bucket": "artifacts"}
        )
        clients.answers(
            "sagemaker",
            "describe_model_package_group",
            {
                "ModelPackageGroupName": "churn",
                "ModelPackageGroupArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/churn",
                "CreationTime": NOW,
                "CreatedBy": {},
                "ModelPackageGroupStatus": "Completed",
            },
        )
        clients.answers("sagemaker", "list_model_packages", {"ModelPackageSummaryList": [PACKAGE]})
        assert clients.find() == (BUCKET, GROUP)


def test_another_library_s_stack_is_left_alone() -> None:
    with Clients() as clients:
        clients.remember([*KEPT, BEGAN], live=[])
        assert clients.find() == ()


def test_what_is_gone_is_not_told_and_what_is_used_again_says_by_whom() -> None:
    outputs = [
        {
            "OutputKey": name,
            "OutputValue": value,
            "Description": f"{name} of New/Mlops (cdk-sagemaker-mlops)",
        }
        for name, value in {
            "PipelineName": "p",
            "ModelPackageGroupName": "other",
            "ArtifactBucketName": "artifacts",
        }.items()
    ]
    live = {
        "StackName": "New",
        "StackId": STACK_ID.replace("Churn", "New"),
        "CreationTime": NOW,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }
    with Clients() as clients:
        clients.remember([*KEPT, CLEANUP, BEGAN], live=[live])
        clients.answers("s3", "list_objects_v2", {"KeyCount": 2})
        clients.stubs["sagemaker"].add_client_error(
            "describe_model_package_group", "ValidationException", "no"
        )
        (found,) = clients.find()
    assert (found.name, found.used_by) == ("artifacts", "New/Mlops")


def test_a_bucket_goes_with_all_versions_of_its_objects() -> None:
    with Clients() as clients:
        versions = {
            "Versions": [{"Key": "a", "VersionId": "1"}],
            "DeleteMarkers": [{"Key": "a", "VersionId": "2"}],
        }
        clients.answers("s3", "list_object_versions", versions, {"Bucket": "artifacts"})
        both = [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]
        clients.answers(
            "s3", "delete_objects", {}, {"Bucket": "artifacts", "Delete": {"Objects": both, "Quiet": True}}
        )
        clients.answers("s3", "delete_bucket", {}, {"Bucket": "artifacts"})
        delete_leftover(clients.s3, clients.sagemaker, BUCKET)


def test_fails_on_what_is_protected() -> None:
    with Clients() as clients:
        clients.answers("s3", "list_object_versions", {"Versions": [{"Key": "a", "VersionId": "1"}]})
        clients.answers("s3", "delete_objects", {"Errors": [{"Key": "a", "Message": "object is locked"}]})
        with pytest.raises(OperationError, match="s3://artifacts/a must be deleted, got 'object is locked'"):
            delete_leftover(clients.s3, clients.sagemaker, BUCKET)


def test_a_group_goes_when_its_versions_are_seen_to_be_gone() -> None:
    waits: list[float] = []
    with Clients() as clients:
        clients.answers("sagemaker", "list_model_packages", {"ModelPackageSummaryList": [PACKAGE]})
        clients.answers(
            "sagemaker", "delete_model_package", {}, {"ModelPackageName": PACKAGE["ModelPackageArn"]}
        )
        clients.stubs["sagemaker"].add_client_error(
            "delete_model_package_group", "ConflictException", "not empty"
        )
        clients.answers("sagemaker", "delete_model_package_group", {}, {"ModelPackageGroupName": "churn"})
        delete_leftover(clients.s3, clients.sagemaker, GROUP, sleep=waits.append)
    assert waits == [1.0]
