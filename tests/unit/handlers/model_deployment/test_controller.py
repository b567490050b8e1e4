from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.errors import NotReadyError, PermanentError, RetryableError
from cdk_sagemaker_mlops.handlers.model_deployment import controller
from cdk_sagemaker_mlops.handlers.model_deployment.controller import assess, look
from cdk_sagemaker_mlops.handlers.model_deployment.decide import (
    CreateEndpoint,
    Failed,
    Idle,
    Settled,
    UpdateEndpoint,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
# What should be served


def test_without_an_approved_package_there_is_nothing_to_do(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    fake.register(GROUP)
    fake.register(GROUP, approval="Rejected")
    assert look(api, settings) == Idle()
    assert fake.changes == []


def test_without_a_group_there_is_nothing_to_do(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    assert look(api, replace(settings, model_package_group="not-yet")) == Idle()
    assert fake.changes == []


def test_the_first_approval_creates_model_config_and_endpoint(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    package = fake.register(GROUP, approval="Approved")
    assert look(api, settings) == Wait("Creating")
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
    assert look(api, settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert look(api, settings) == Settled(package_arn=package, config_name=config["EndpointConfigName"])


def test_the_highest_approved_version_wins_whatever_the_order_of_approvals(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    first, second, third = (fake.register(GROUP) for _ in range(3))
    for package in (third, first, second):
        fake.decide(package, "Approved")
    look(api, settings)
    assert fake.served(ENDPOINT) == third


def test_finds_the_highest_version_with_one_list_call(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    packages = [fake.register(GROUP, approval="Approved") for _ in range(35)]
    look(api, settings)
    assert fake.served(ENDPOINT) == packages[-1]
    assert len(fake.called("ListModelPackages")) == 1


def test_skips_approved_packages_that_sagemaker_has_not_completed(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    usable = fake.register(GROUP, approval="Approved")
    for _ in range(12):
        fake.register(GROUP, approval="Approved", status="Failed")
    look(api, settings)
    assert fake.served(ENDPOINT) == usable


@pytest.mark.usefixtures("live")
def test_a_newer_approval_moves_the_endpoint(
    fake: Any, api: SageMakerApi, settings: Settings, deploy: Any
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    deploy()
    assert fake.served(ENDPOINT) == newer
    assert fake.changes == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "AddTags", "AddTags"]


def test_rejecting_the_live_version_brings_the_one_before_back(
    fake: Any, api: SageMakerApi, settings: Settings, live: str, deploy: Any
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


def test_rejecting_everything_keeps_the_endpoint_as_it_is(
    fake: Any, api: SageMakerApi, settings: Settings, live: str
) -> None:
    fake.decide(fake.served(ENDPOINT), "Rejected")
    assert look(api, settings) == Idle()
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live
    assert fake.changes == []


def test_a_changed_hosting_config_moves_the_endpoint(
    fake: Any, api: SageMakerApi, settings: Settings, live: str, bigger: Any, deploy: Any
) -> None:
    package = fake.served(ENDPOINT)
    deploy(replace(settings, hosting=bigger))
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live
    assert fake.served(ENDPOINT) == package


# Repetition and overlap


@pytest.mark.usefixtures("live")
def test_looking_again_changes_nothing(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    for _ in range(3):
        assert isinstance(look(api, settings), Settled)
    assert fake.changes == []


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
@pytest.mark.usefixtures("live")
def test_waits_while_sagemaker_is_at_work_on_the_endpoint(
    fake: Any, api: SageMakerApi, settings: Settings, status: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.set_status(ENDPOINT, status)
    assert look(api, settings) == Wait(status)
    assert fake.changes == []


@pytest.mark.usefixtures("live")
def test_of_approvals_during_a_rollout_only_the_latest_is_deployed(
    fake: Any, api: SageMakerApi, settings: Settings, deploy: Any
) -> None:
    fake.register(GROUP, approval="Approved")
    look(api, settings)
    for _ in range(2):
        latest = fake.register(GROUP, approval="Approved")
        assert look(api, settings) == Wait("Updating")
    fake.settle(ENDPOINT)
    deploy()
    assert fake.served(ENDPOINT) == latest
    assert len(fake.called("UpdateEndpoint")) == 2


@pytest.mark.usefixtures("live")
def test_losing_the_race_for_an_update_is_waiting(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("UpdateEndpoint", "ValidationException", 'Cannot update in-progress endpoint "arn".')
    assert look(api, settings) == Wait("Updating")
    assert fake.called("AddTags") == []


@pytest.mark.parametrize("dies_before", ["CreateEndpointConfig", "CreateEndpoint", "AddTags"])
def test_goes_on_where_a_look_died(
    fake: Any, api: SageMakerApi, settings: Settings, dies_before: str
) -> None:
    package = fake.register(GROUP, approval="Approved")
    fake.fail_next(dies_before, "InternalFailure", "We are sorry.", status=500)
    with pytest.raises(RetryableError):
        look(api, settings)
    assert look(api, settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert isinstance(look(api, settings), Settled)
    assert fake.served(ENDPOINT) == package
    assert len(fake.models) == len(fake.endpoint_configs) == 1


def test_a_group_that_starts_over_at_version_1_is_not_mistaken_for_the_old_one(
    fake: Any, api: SageMakerApi, settings: Settings, live: str, deploy: Any
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
    fake: Any, api: SageMakerApi, settings: Settings, operation: str, code: str, message: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next(operation, code, message, times=3)
    assert look(api, settings) == Wait("Creating")
    assert len(fake.called(operation)) == 4


def test_fails_when_permission_stays_missing(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateModel", "AccessDeniedException", "User is not authorized", times=99)
    with pytest.raises(NotReadyError, match="User is not authorized"):
        look(api, settings)


def test_fails_when_a_quota_is_used_up(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateEndpoint", "ResourceLimitExceeded", "The account-level service limit is 0")
    with pytest.raises(PermanentError, match="service limit is 0"):
        look(api, settings)


def test_touches_no_endpoint_that_another_created(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    package = fake.register(GROUP, approval="Approved")
    look(SageMakerApi(api._client, owner="another"), replace(settings, name_prefix="another-1234"))
    fake.settle(ENDPOINT)
    fake.calls.clear()
    result = look(api, settings)
    assert isinstance(result, Failed)
    assert result.reason.startswith("EndpointNotOwned: ")
    assert fake.changes == []
    assert fake.served(ENDPOINT) == package


def test_assessing_changes_nothing(fake: Any, api: SageMakerApi, settings: Settings, live: str) -> None:
    fake.register(GROUP, approval="Approved")
    assert isinstance(assess(api, settings), UpdateEndpoint)
    del fake.endpoints[ENDPOINT]
    assert isinstance(assess(api, settings), CreateEndpoint)
    assert fake.changes == []


def test_gives_up_when_no_rest_is_reached(
    fake: Any, api: SageMakerApi, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.settle(ENDPOINT)
    monkeypatch.setattr(controller, "_MOST_STEPS", 1)
    with pytest.raises(RetryableError, match=r"^churn did not come to rest in 1 steps$"):
        look(api, settings)
    assert isinstance(look(api, settings), Settled)
