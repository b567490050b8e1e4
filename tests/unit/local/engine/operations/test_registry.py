"""Model package groups and model packages."""

from __future__ import annotations

from typing import Any

import pytest

ARN = "arn:aws:sagemaker:eu-west-1:000000000000"


@pytest.fixture
def registry(bench: Any) -> Any:
    bench.call("CreateModelPackageGroup", ModelPackageGroupName="churn")
    return bench


def test_versions_are_numbered_and_wait_for_approval(registry: Any) -> None:
    assert [registry.package(), registry.package()] == [
        f"{ARN}:model-package/churn/1",
        f"{ARN}:model-package/churn/2",
    ]

    described = registry.call("DescribeModelPackage", ModelPackageName=f"{ARN}:model-package/churn/2")

    assert described["ModelPackageVersion"] == 2
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"


def test_a_deleted_version_s_number_is_not_used_again(registry: Any) -> None:
    registry.package()
    registry.call("DeleteModelPackage", ModelPackageName=registry.package())

    assert registry.package() == f"{ARN}:model-package/churn/3"


def test_registering_and_deciding_send_events(registry: Any) -> None:
    arn = registry.package()

    registry.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")

    assert registry.statuses("ModelApprovalStatus") == ["PendingManualApproval", "Approved"]
    assert {event.resources for event in registry.events} == {(arn,)}


def test_an_edit_of_the_metadata_is_not_a_decision(registry: Any) -> None:
    arn = registry.package(ModelApprovalStatus="Approved", CustomerMetadataProperties={"a": "1", "b": "2"})

    registry.call(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        CustomerMetadataProperties={"a": "3"},
        CustomerMetadataPropertiesToRemove=["b"],
        ApprovalDescription="looks good",
    )

    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["CustomerMetadataProperties"] == {"a": "3"}
    assert described["ApprovalDescription"] == "looks good"
    assert described["InferenceSpecification"]["Containers"][0]["Environment"]["A"] == "package"


def test_inference_specifications_are_added(registry: Any, inference: dict[str, Any]) -> None:
    arn = registry.package()
    added = [{"Name": "gpu", "Containers": inference["Containers"]}]

    registry.call("UpdateModelPackage", ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=added)

    described = registry.call("DescribeModelPackage", ModelPackageName=arn)
    assert [item["Name"] for item in described["AdditionalInferenceSpecifications"]] == ["gpu"]


def test_packages_are_listed_by_group_and_decision(registry: Any, inference: dict[str, Any]) -> None:
    registry.call("CreateModelPackageGroup", ModelPackageGroupName="other")
    registry.package(ModelApprovalStatus="Approved")
    registry.package()
    registry.package("other", ModelApprovalStatus="Approved")
    registry.call("CreateModelPackage", ModelPackageName="alone", InferenceSpecification=inference)

    def listed(**params: Any) -> list[str]:
        packages = registry.call("ListModelPackages", **params)["ModelPackageSummaryList"]
        return [package["ModelPackageArn"].split("model-package/")[1] for package in packages]

    assert listed(ModelPackageGroupName="churn") == ["churn/2", "churn/1"]
    assert listed(ModelPackageGroupName="churn", ModelApprovalStatus="Approved") == ["churn/1"]
    assert listed() == ["alone"]
    assert len(listed(ModelPackageType="Both")) == 4


def test_a_group_is_found_by_name_and_by_arn(registry: Any) -> None:
    by_name = registry.call("DescribeModelPackageGroup", ModelPackageGroupName="churn")

    assert by_name["ModelPackageGroupArn"] == f"{ARN}:model-package-group/churn"
    assert by_name == registry.call(
        "DescribeModelPackageGroup", ModelPackageGroupName=by_name["ModelPackageGroupArn"]
    )


def test_a_policy_is_kept_until_it_is_deleted(registry: Any) -> None:
    registry.call("PutModelPackageGroupPolicy", ModelPackageGroupName="churn", ResourcePolicy="{}")
    assert registry.call("GetModelPackageGroupPolicy", ModelPackageGroupName="churn") == {
        "ResourcePolicy": "{}"
    }

    registry.call("DeleteModelPackageGroupPolicy", ModelPackageGroupName="churn")

    assert registry.refusal("GetModelPackageGroupPolicy", ModelPackageGroupName="churn") == (
        f"ValidationException: Cannot find resource policy for: {ARN}:model-package-group/churn"
    )


def test_fails_to_delete_a_group_that_holds_packages(registry: Any) -> None:
    arn = registry.package()

    assert registry.refusal("DeleteModelPackageGroup", ModelPackageGroupName="churn") == (
        f"ConflictException: Model Package Group {ARN}:model-package-group/churn cannot be deleted "
        "because it still contains Model Packages."
    )
    registry.call("DeleteModelPackage", ModelPackageName=arn)
    registry.call("DeleteModelPackageGroup", ModelPackageGroupName="churn")
    assert registry.call("ListModelPackageGroups") == {"ModelPackageGroupSummaryList": []}


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        (
            "CreateModelPackageGroup",
            {"ModelPackageGroupName": "churn"},
            f"Model Package Group already exists: {ARN}:model-package-group/churn",
        ),
        (
            "DescribeModelPackageGroup",
            {"ModelPackageGroupName": "none"},
            f"ModelPackageGroup {ARN}:model-package-group/none does not exist.",
        ),
        (
            "CreateModelPackage",
            {"ModelPackageGroupName": "none"},
            f"ModelPackageGroup {ARN}:model-package-group/none does not exist.",
        ),
        (
            "CreateModelPackage",
            {},
            "Exactly one of ModelPackageName and ModelPackageGroupName must be provided.",
        ),
        (
            "DescribeModelPackage",
            {"ModelPackageName": "none"},
            f"ModelPackage {ARN}:model-package/none does not exist.",
        ),
        (
            "ListModelPackageGroups",
            {"CrossAccountFilterOption": "CrossAccount"},
            "CrossAccountFilterOption is not emulated: the engine has one account.",
        ),
    ],
)
def test_fails_as_sagemaker_does(registry: Any, operation: str, params: dict[str, Any], text: str) -> None:
    assert registry.refusal(operation, **params) == f"ValidationException: {text}"


def test_fails_on_a_policy_that_is_not_json(registry: Any) -> None:
    refusal = registry.refusal(
        "PutModelPackageGroupPolicy", ModelPackageGroupName="churn", ResourcePolicy="{"
    )

    assert refusal.startswith("ValidationException: Invalid resource policy: ")
