from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import (
    Failed,
    Settled,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"


def test_a_silent_rollback_is_a_failure_and_is_not_repeated(fake: Any, settings: Settings, live: str) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    for _ in range(4):
        result = look(settings)
        assert isinstance(result, Failed)
        assert result.reason.startswith(f"RolloutFailed: {newer} could not be deployed")
        assert f"SageMaker went back to {live}" in result.reason
    assert len(fake.called("UpdateEndpoint")) == 1
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


@pytest.mark.usefixtures("live")
def test_after_a_failure_a_new_approval_tries_once_more(fake: Any, settings: Settings, deploy: Any) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    look(settings)
    fake.advance(10)
    fake.decide(newer, "Approved")
    deploy()
    assert fake.served(ENDPOINT) == newer


@pytest.mark.usefixtures("live")
def test_after_a_failure_another_version_is_deployed(fake: Any, settings: Settings, deploy: Any) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    latest = fake.register(GROUP, approval="Approved")
    deploy()
    assert fake.served(ENDPOINT) == latest


@pytest.mark.usefixtures("live")
def test_after_a_failure_another_hosting_config_is_tried(
    fake: Any, settings: Settings, bigger: Any, deploy: Any
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    look(settings)
    deploy(replace(settings, hosting=bigger))
    assert fake.served(ENDPOINT) == newer


def test_a_success_nobody_looked_at_is_not_a_failure_later(
    fake: Any, settings: Settings, live: str, deploy: Any
) -> None:
    second = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.settle(ENDPOINT)
    third = fake.register(GROUP, approval="Approved")
    deploy()
    fake.decide(third, "Rejected")
    deploy()
    assert fake.served(ENDPOINT) == second != live


def test_an_endpoint_that_could_not_be_created_is_deleted_once_its_reason_is_kept(
    fake: Any, settings: Settings
) -> None:
    package = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.fail(ENDPOINT, "The container did not answer the ping.")
    fake.deletes_at_once = True
    for _ in range(3):
        result = look(settings)
        assert isinstance(result, Failed)
        assert "The container did not answer the ping." in result.reason
    assert fake.endpoints == {}
    assert len(fake.called("CreateEndpoint")) == len(fake.messages) == len(fake.sent_events) == 1
    metadata = fake.packages[package]["CustomerMetadataProperties"]
    assert metadata["cdk-mlops/123456789012/eu-west-1/churn"].startswith("failed at=")
    assert (
        metadata["cdk-mlops/123456789012/eu-west-1/churn/reason"] == "The container did not answer the ping."
    )


@pytest.mark.parametrize("at_once", [True, False])
def test_a_failed_endpoint_is_recreated_on_the_next_version(
    fake: Any, settings: Settings, at_once: bool
) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.fail(ENDPOINT)
    fake.deletes_at_once = at_once
    newer = fake.register(GROUP, approval="Approved")
    if not at_once:
        assert look(settings) == Wait("Deleting")
        assert look(settings) == Wait("Deleting")
        fake.settle(ENDPOINT)
    assert look(settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert isinstance(look(settings), Settled)
    assert fake.served(ENDPOINT) == newer


def test_an_endpoint_shown_as_before_the_update_is_not_taken_for_rolled_back(
    fake: Any, settings: Settings, live: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.lag = 10
    assert look(settings) == Wait("Updating")
    assert look(settings) == Wait("Updating")
    assert fake.called("PutEvents") == []
    fake.advance(60)
    fake.settle(ENDPOINT)
    fake.advance(60)
    assert isinstance(look(settings), Settled)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live


def test_no_more_than_ten_versions_are_tried_and_that_is_said(fake: Any, settings: Settings) -> None:
    for _ in range(12):
        fake.register(GROUP, approval="Approved")
    fake.fail_next("CreateEndpoint", "ValidationException", "1 validation error detected", times=99)
    for _ in range(2):
        result = look(settings)
        assert isinstance(result, Failed)
        assert "the 10 newest approved versions have failed, and no older one is tried" in result.reason
    assert len(fake.called("CreateEndpoint")) == 10


@pytest.mark.usefixtures("live")
def test_a_version_approved_anew_while_it_fails_is_tried_once_more(fake: Any, settings: Settings) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(settings)
    fake.advance(60)
    fake.decide(newer, "Approved")
    fake.advance(60)
    fake.roll_back(ENDPOINT)
    assert look(settings) == Wait("Updating")
    fake.roll_back(ENDPOINT)
    for _ in range(2):
        assert isinstance(look(settings), Failed)
    assert len(fake.called("UpdateEndpoint")) == 2


@pytest.mark.usefixtures("live")
def test_marks_of_several_endpoints_on_one_version_are_no_new_approvals(
    fake: Any, settings: Settings
) -> None:
    other = replace(settings, endpoint_name="churn-b", name_prefix="churn-b-0a1b2c3d")
    look(other)
    fake.settle("churn-b")
    look(other)
    fake.register(GROUP, approval="Approved")
    for each in (settings, other):
        look(each)
        fake.advance(60)
        fake.roll_back(each.endpoint_name)
    for _ in range(3):
        for each in (settings, other):
            assert isinstance(look(each), Failed)
            fake.advance(60)
    assert len(fake.called("UpdateEndpoint")) == 2


@pytest.mark.usefixtures("live")
def test_a_registry_that_takes_its_time_does_not_make_a_mark_look_like_an_approval(
    fake: Any, settings: Settings
) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)

    def slow(name: str, _: dict[str, Any]) -> None:
        if name == "UpdateModelPackage":
            fake.before_call = None
            fake.advance(10)

    fake.before_call = slow
    for _ in range(3):
        assert isinstance(look(settings), Failed)
    assert len(fake.called("UpdateModelPackage")) == 2
    assert len(fake.called("UpdateEndpoint")) == 1
