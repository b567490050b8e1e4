from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.authorization.sagemaker_checks import _RESOURCES, sagemaker_checks
from cdk_sagemaker_mlops.local.engine.operations import OPERATIONS
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.shapes import operation_model

SCOPE = Scope("111122223333", "eu-west-1")
ARN = "arn:aws:sagemaker:eu-west-1:111122223333"


def _asked(operation: str, **params: Any) -> list[tuple[str, str]]:
    return [(check.action, check.resource) for check in sagemaker_checks(SCOPE, operation, params)]


@pytest.mark.parametrize("operation", sorted(_RESOURCES.keys() & OPERATIONS.keys()))
def test_resources_are_named_by_members_that_the_operation_has(operation: str) -> None:
    members = operation_model(operation).input_shape.members

    assert [member for _, member in _RESOURCES[operation] if member not in members] == []


def test_only_lists_and_registrations_take_no_resource_by_name() -> None:
    unnamed = OPERATIONS.keys() - _RESOURCES.keys()

    assert {name for name in unnamed if not name.startswith("List")} == {"CreateModelPackage"}


def test_a_list_is_asked_for_everything() -> None:
    assert _asked("ListModelPackages", ModelPackageGroupName="churn") == [
        ("sagemaker:ListModelPackages", "*")
    ]


def test_an_update_needs_the_endpoint_and_the_config() -> None:
    assert _asked("UpdateEndpoint", EndpointName="Churn", EndpointConfigName="one") == [
        ("sagemaker:UpdateEndpoint", f"{ARN}:endpoint/churn"),
        ("sagemaker:UpdateEndpoint", f"{ARN}:endpoint-config/one"),
    ]


def test_an_update_that_is_watched_needs_its_alarms() -> None:
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}, "no alarm"]}}

    assert _asked("UpdateEndpoint", EndpointName="e", EndpointConfigName="c", DeploymentConfig=alarms)[
        2:
    ] == [("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors")]


def test_a_model_needs_its_package_its_tags_and_its_role() -> None:
    package = f"{ARN}:model-package/churn/3"
    checks = sagemaker_checks(
        SCOPE,
        "CreateModel",
        {
            "ModelName": "one",
            "Containers": [{"ModelPackageName": package}, {"Image": "i"}],
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/run",
            "Tags": [{"Key": "team", "Value": "churn"}],
        },
    )

    assert [(check.action, check.resource) for check in checks] == [
        ("sagemaker:CreateModel", f"{ARN}:model/one"),
        ("sagemaker:CreateModel", package),
        ("sagemaker:AddTags", f"{ARN}:model/one"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/run"),
    ]
    assert checks[0].keys == {"aws:RequestTag/team": "churn", "aws:TagKeys": ["team"]}
    assert checks[3].keys == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_tags_of_a_resource_are_asked_for_by_its_arn() -> None:
    assert _asked("ListTags", ResourceArn=f"{ARN}:model/one") == [("sagemaker:ListTags", f"{ARN}:model/one")]


@pytest.mark.parametrize(
    ("params", "resource"),
    [
        ({"ModelPackageGroupName": "churn"}, "model-package/churn/*"),
        ({"ModelPackageGroupName": f"{ARN}:model-package-group/churn"}, "model-package/churn/*"),
        ({"ModelPackageName": "alone"}, "model-package/alone"),
    ],
)
def test_a_registration_is_asked_for_what_it_will_be(params: dict[str, str], resource: str) -> None:
    assert _asked("CreateModelPackage", **params) == [("sagemaker:CreateModelPackage", f"{ARN}:{resource}")]


@pytest.mark.parametrize("params", [{"PrimaryContainer": 1, "Containers": None}, {"Tags": ["no tag"]}, {}])
def test_malformed_requests_are_asked_for_too(params: dict[str, Any]) -> None:
    assert _asked("CreateModel", ModelName="one", **params) == [("sagemaker:CreateModel", f"{ARN}:model/one")]


def test_a_decision_about_a_package_is_told_from_a_note_on_it() -> None:
    package = f"{ARN}:model-package/churn/1"
    note = {"ModelPackageArn": package, "CustomerMetadataProperties": {"state": "served"}}

    (noted,) = sagemaker_checks(SCOPE, "UpdateModelPackage", note)
    (decided,) = sagemaker_checks(SCOPE, "UpdateModelPackage", {**note, "ModelApprovalStatus": "Approved"})

    assert noted.keys == {"sagemaker:CustomerMetadataProperties/state": "served"}
    assert decided.keys == {**noted.keys, "sagemaker:ModelApprovalStatus": "Approved"}
