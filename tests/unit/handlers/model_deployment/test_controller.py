from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.errors import NotReadyError, RetryableError
from cdk_sagemaker_mlops.handlers.model_deployment import controller
from cdk_sagemaker_mlops.handlers.model_deployment.controller import assess, look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import (
    CreateEndpoint,
    Failed,
    Idle,
    Settled,
    UpdateEndpoint,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
# What should be served


def test_without_an_approved_package_there_is_nothing_to_do(fake: Any, settings: Settings) -> None:
    fake.register(GROUP)
    fake.register(GROUP, approval="Rejected")
    assert look(settings) == Idle()
    assert fake.changes == []


def test_without_a_group_there_is_nothing_to_do(fake: Any, settings: Settings) -> None:
    assert look(replace(settings, model_package_group="not-yet")) == Idle()
    assert fake.changes == []


def test_the_first_approval_creates_model_config_and_endpoint(fake: Any, settings: Settings) -> None:
    package = fake.register(GROUP, approval="Approved")
    assert look(settings) == Wait("Creating")
    (config,) = fake.endpoint_configs.values()
    (model,) = fake.models.values()
    assert fake.served(ENDPOINT) == package
    assert model["ExecutionRoleArn"] == settings.execution_role_arn
    assert config["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
            "ModelName": model["ModelName"],
        }
    ]
    assert look(settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert look(settings) == Settled(package_arn=package, config_name=config["EndpointConfigName"])


def test_the_highest_approved_version_wins_whatever_the_order_of_approvals(
    fake: Any, settings: Settings
) -> None:
    first, second, third = (fake.register(GROUP) for _ in range(3))
    for package in (third, first, second):
        fake.decide(package, "Approved")
    look(settings)
    assert fake.served(ENDPOINT) == third


def test_finds_the_highest_version_with_one_list_call(fake: Any, settings: Settings) -> None:
    packages = [fake.register(GROUP, approval="Approved") for _ in range(35)]
    look(settings)
    assert fake.served(ENDPOINT) == packages[-1]
    assert len(fake.called("ListModelPackages")) == 1


def test_skips_approved_packages_that_sagemaker_has_not_completed(fake: Any, settings: Settings) -> None:
    usable = fake.register(GROUP, approval="Approved")
    for _ in range(12):
        fake.register(GROUP, approval="Approved", status="Failed")
    look(settings)
    assert fake.served(ENDPOINT) == usable


@pytest.mark.usefixtures("live")
def test_a_newer_approval_moves_the_endpoint(fake: Any, settings: Settings, deploy: Any) -> None:
    newer = fake.register(GROUP, approval="Approved")
    deploy()
    assert fake.served(ENDPOINT) == newer
    assert fake.changes == [
        *("CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "AddTags"),
        # People are told before the matter is noted as ended; the last note is of the garbage.
        *("PutEvents", "Publish", "UpdateModelPackage", "AddTags", "AddTags"),
    ]


def test_rejecting_the_live_version_brings_the_one_before_back(
    fake: Any, settings: Settings, live: str, deploy: Any
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    deploy()
    fake.calls.clear()
    fake.decide(newer, "Rejected")
    deploy()
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live
    # Its model and config are still there, so going back is one update.
    assert {"DeleteModel", "DeleteEndpointConfig", "DeleteEndpoint"}.isdisjoint(fake.changes)
    assert len(fake.models) == 2


def test_rejecting_everything_keeps_the_endpoint_as_it_is(fake: Any, settings: Settings, live: str) -> None:
    fake.decide(fake.served(ENDPOINT), "Rejected")
    assert look(settings) == Idle()
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live
    assert fake.changes == []


def test_a_changed_hosting_config_moves_the_endpoint(
    fake: Any, settings: Settings, live: str, bigger: Any, deploy: Any
) -> None:
    package = fake.served(ENDPOINT)
    deploy(replace(settings, hosting=bigger))
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live
    assert fake.served(ENDPOINT) == package


# Repetition and overlap


@pytest.mark.usefixtures("live")
def test_looking_again_changes_nothing(fake: Any, settings: Settings) -> None:
    for _ in range(3):
        assert isinstance(look(settings), Settled)
    assert fake.changes == []


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
@pytest.mark.usefixtures("live")
def test_waits_while_sagemaker_is_at_work_on_the_endpoint(fake: Any, settings: Settings, status: str) -> None:
    fake.register(GROUP, approval="Approved")
    fake.set_status(ENDPOINT, status)
    assert look(settings) == Wait(status)
    assert fake.changes == []


@pytest.mark.usefixtures("live")
def test_of_approvals_during_a_rollout_only_the_latest_is_deployed(
    fake: Any, settings: Settings, deploy: Any
) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    for _ in range(2):
        latest = fake.register(GROUP, approval="Approved")
        assert look(settings) == Wait("Updating")
    fake.settle(ENDPOINT)
    deploy()
    assert fake.served(ENDPOINT) == latest
    assert len(fake.called("UpdateEndpoint")) == 2


@pytest.mark.usefixtures("live")
def test_losing_the_race_for_an_update_is_waiting(fake: Any, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("UpdateEndpoint", "ValidationException", 'Cannot update in-progress endpoint "arn".')
    assert look(settings) == Wait("Updating")
    assert fake.called("AddTags") == []


@pytest.mark.parametrize("dies_before", ["CreateEndpointConfig", "CreateEndpoint", "AddTags"])
def test_goes_on_where_a_look_died(fake: Any, settings: Settings, dies_before: str) -> None:
    package = fake.register(GROUP, approval="Approved")
    fake.fail_next(dies_before, "InternalFailure", "We are sorry.", status=500)
    with pytest.raises(RetryableError):
        look(settings)
    assert look(settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert isinstance(look(settings), Settled)
    assert fake.served(ENDPOINT) == package
    assert len(fake.models) == len(fake.endpoint_configs) == 1


def test_a_group_that_starts_over_at_version_1_is_not_mistaken_for_the_old_one(
    fake: Any, settings: Settings, live: str, deploy: Any
) -> None:
    fake.packages.clear()
    fake.create_group(GROUP)
    fake.register(GROUP, approval="Approved")
    deploy()
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live


# Errors


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("CreateModel", "AccessDeniedException", "User is not authorized to perform: sagemaker:CreateModel"),
        (
            "CreateModel",
            "ValidationException",
            "Could not assume role arn. Please ensure that the role exists",
        ),
        ("CreateModel", "ValidationException", "Could not access model data at s3://bucket/model.tar.gz."),
        ("CreateEndpointConfig", "ValidationException", 'Could not find model "arn".'),
        ("CreateEndpoint", "ValidationException", 'Could not find endpoint configuration "arn".'),
    ],
)
def test_what_is_not_visible_yet_is_tried_again_for_some_seconds(
    fake: Any, settings: Settings, operation: str, code: str, message: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next(operation, code, message, times=3)
    assert look(settings) == Wait("Creating")
    assert len(fake.called(operation)) == 4


def test_fails_when_permission_stays_missing(fake: Any, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateModel", "AccessDeniedException", "User is not authorized", times=99)
    with pytest.raises(NotReadyError, match="User is not authorized"):
        look(settings)


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"])
def test_what_sagemaker_refuses_at_once_is_a_failed_rollout(
    fake: Any, settings: Settings, operation: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next(operation, "ResourceLimitExceeded", "The account-level service limit is 0")
    for _ in range(3):
        result = look(settings)
        assert isinstance(result, Failed)
        assert "service limit is 0" in result.reason
    assert len(fake.called(operation)) == 1
    assert len(fake.messages) == 1


def test_touches_no_endpoint_that_another_created(fake: Any, settings: Settings) -> None:
    package = fake.register(GROUP, approval="Approved")
    look(replace(settings, name_prefix="another-1234"))
    fake.settle(ENDPOINT)
    fake.calls.clear()
    result = look(settings)
    assert isinstance(result, Failed)
    assert result.reason.startswith("EndpointNotOwned: ")
    assert fake.changes == []
    assert fake.served(ENDPOINT) == package


def test_assessing_changes_nothing(fake: Any, settings: Settings, live: str) -> None:
    fake.register(GROUP, approval="Approved")
    assert isinstance(assess(settings), UpdateEndpoint)
    del fake.endpoints[ENDPOINT]
    assert isinstance(assess(settings), CreateEndpoint)
    assert fake.changes == []


def test_gives_up_when_no_rest_is_reached(
    fake: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    monkeypatch.setattr(controller, "_MOST_STEPS", 1)
    with pytest.raises(RetryableError, match=r"^churn did not come to rest in 1 steps$"):
        look(settings)


@pytest.mark.usefixtures("live")
def test_a_look_that_comes_second_leaves_the_note_of_the_first(fake: Any, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")

    def first(name: str, _: dict[str, Any]) -> None:
        if name == "CreateModel":
            fake.before_call = None
            assert look(settings) == Wait("Updating")

    fake.before_call = first
    assert look(settings) == Wait("Updating")
    fake.roll_back(ENDPOINT)
    assert isinstance(look(settings), Failed)
    assert len(fake.called("UpdateEndpoint")) == 2
    assert [rollout.outcome for rollout in fake.rollouts] == ["works", "fails"]


# The registry changes while a look goes on


@pytest.mark.parametrize("change", ["delete", "reject"])
def test_a_version_that_goes_while_it_is_looked_at_is_not_deployed(
    fake: Any, settings: Settings, change: str
) -> None:
    older, newer = (fake.register(GROUP, approval="Approved") for _ in range(2))

    def gone(name: str, _: dict[str, Any]) -> None:
        if name == "DescribeModelPackage":
            fake.before_call = None
            fake.delete(newer) if change == "delete" else fake.decide(newer, "Rejected")

    fake.before_call = gone
    look(settings)
    assert fake.served(ENDPOINT) == older


@pytest.mark.parametrize("change", ["delete", "reject"])
def test_a_refusal_of_a_version_that_has_just_gone_is_no_failure(
    fake: Any, settings: Settings, change: str
) -> None:
    older, newer = (fake.register(GROUP, approval="Approved") for _ in range(2))

    def gone(name: str, _: dict[str, Any]) -> None:
        if name == "CreateModel":
            fake.before_call = None
            fake.delete(newer) if change == "delete" else fake.decide(newer, "Rejected")

    fake.before_call = gone
    if change == "delete":
        with pytest.raises(RetryableError):
            look(settings)
    look(settings)
    assert fake.served(ENDPOINT) == older
    assert fake.messages == []


def test_a_look_stays_short_however_many_versions_are_not_completed(fake: Any, settings: Settings) -> None:
    for _ in range(120):
        fake.register(GROUP, approval="Approved", status="Failed")
    assert look(settings) == Idle()
    assert len(fake.called("ListModelPackages")) == 5
