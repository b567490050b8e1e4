from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers import contract
from cdk_sagemaker_mlops.handlers.custom_resource import is_complete, on_event
from cdk_sagemaker_mlops.handlers.errors import PermanentError
from cdk_sagemaker_mlops.handlers.model_registry import custom_resource

EVENTS = Path(__file__).parents[3] / "events"
GROUP = "churn-models"


def begin(kind: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"custom_resource_{kind}.json").read_text())
    event["ResourceType"] = contract.MODEL_PACKAGE_GROUP_PURGE
    event["ResourceProperties"] = {"ModelPackageGroupName": GROUP}
    if "PhysicalResourceId" in event:
        event["PhysicalResourceId"] = GROUP
    return {**event, **on_event(event, None)}


def done(event: dict[str, Any]) -> bool:
    return is_complete(event, None)["IsComplete"]


@pytest.mark.parametrize("kind", ["create", "update"])
def test_does_nothing_before_it_is_deleted(fake: Any, kind: str) -> None:
    event = begin(kind)
    assert event["PhysicalResourceId"] == GROUP
    assert done(event)
    assert fake.calls == []


def test_deletes_every_version_oldest_first_and_then_the_group(fake: Any) -> None:
    packages = [fake.register(GROUP, approval="Approved") for _ in range(23)]
    assert done(begin("delete"))
    assert [call["ModelPackageName"] for call in fake.called("DeleteModelPackage")] == packages
    assert fake.packages == fake.groups == {}


def test_leaves_other_groups_alone(fake: Any) -> None:
    fake.create_group("others")
    other = fake.register("others")
    fake.register(GROUP)
    assert done(begin("delete"))
    assert [*fake.groups] == ["others"]
    assert [*fake.packages] == [other]


def test_waits_until_deleted_versions_no_longer_count(fake: Any) -> None:
    fake.register(GROUP)
    fake.fail_next(
        "DeleteModelPackageGroup",
        "ConflictException",
        "Model Package Group cannot be deleted because it still contains Model Packages",
        times=2,
    )
    event = begin("delete")
    assert [done(event), done(event), done(event)] == [False, False, True]


def test_waits_while_the_group_is_being_deleted(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(params: dict[str, Any]) -> dict[str, Any]:
        fake.groups[params["ModelPackageGroupName"]]["status"] = "Deleting"
        return {}

    monkeypatch.setattr(fake, "_delete_model_package_group", slowly)
    event = begin("delete")
    assert [done(event), done(event)] == [False, False]
    del fake.groups[GROUP]
    assert done(event)


def test_fails_when_sagemaker_gives_up_on_the_group(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.groups[GROUP]["status"] = "DeleteFailed"
    monkeypatch.setattr(fake, "_delete_model_package_group", lambda _: {})
    with pytest.raises(
        PermanentError, match=r"^SageMaker could not delete model package group churn-models$"
    ):
        done(begin("delete"))


def test_a_group_that_is_gone_already_counts_as_deleted(fake: Any) -> None:
    del fake.groups[GROUP]
    assert done(begin("delete"))


def test_a_version_that_is_gone_already_counts_as_deleted(fake: Any) -> None:
    package = fake.register(GROUP)
    fake.fail_next("DeleteModelPackage", "ValidationException", f"ModelPackage {package} does not exist.")
    event = begin("delete")
    assert [done(event), done(event)] == [False, True]


def test_goes_on_in_the_next_call_where_one_call_would_take_too_long(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_resource, "_MOST_DELETES", 5)
    for _ in range(12):
        fake.register(GROUP)
    event = begin("delete")
    assert [done(event), done(event), done(event)] == [False, False, True]
    assert fake.groups == {}


def test_a_throttled_call_is_repeated(fake: Any) -> None:
    fake.fail_next("ListModelPackages", "ThrottlingException", "Rate exceeded")
    event = begin("delete")
    assert [done(event), done(event)] == [False, True]


def test_fails_when_a_deletion_is_refused(fake: Any) -> None:
    fake.register(GROUP)
    fake.fail_next("DeleteModelPackage", "AccessDeniedException", "User is not authorized")
    with pytest.raises(PermanentError, match="User is not authorized"):
        done(begin("delete"))
