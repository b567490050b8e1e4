from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decide import (
    Failed,
    Settled,
    Wait,
)
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"


def test_a_silent_rollback_is_a_failure_and_is_not_repeated(
    fake: Any, api: SageMakerApi, settings: Settings, live: str
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.roll_back(ENDPOINT)
    for _ in range(4):
        result = look(api, settings)
        assert isinstance(result, Failed)
        assert result.reason.startswith(f"RolloutFailed: {newer} could not be deployed")
        assert f"SageMaker went back to {live}" in result.reason
    assert len(fake.called("UpdateEndpoint")) == 1
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


@pytest.mark.usefixtures("live")
def test_after_a_failure_a_new_approval_tries_once_more(
    fake: Any, api: SageMakerApi, settings: Settings, deploy: Any
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.roll_back(ENDPOINT)
    look(api, settings)
    fake.decide(newer, "Approved")
    deploy()
    assert fake.served(ENDPOINT) == newer


@pytest.mark.usefixtures("live")
def test_after_a_failure_another_version_is_deployed(
    fake: Any, api: SageMakerApi, settings: Settings, deploy: Any
) -> None:
    fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.roll_back(ENDPOINT)
    latest = fake.register(GROUP, approval="Approved")
    deploy()
    assert fake.served(ENDPOINT) == latest


@pytest.mark.usefixtures("live")
def test_after_a_failure_another_hosting_config_is_tried(
    fake: Any, api: SageMakerApi, settings: Settings, bigger: Any, deploy: Any
) -> None:
    newer = fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.roll_back(ENDPOINT)
    look(api, settings)
    deploy(replace(settings, hosting=bigger))
    assert fake.served(ENDPOINT) == newer


def test_a_success_nobody_looked_at_is_not_a_failure_later(
    fake: Any, api: SageMakerApi, settings: Settings, live: str, deploy: Any
) -> None:
    second = fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.settle(ENDPOINT)
    third = fake.register(GROUP, approval="Approved")
    deploy()
    fake.decide(third, "Rejected")
    deploy()
    assert fake.served(ENDPOINT) == second != live


def test_an_endpoint_that_could_not_be_created_is_left_to_be_read(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.fail(ENDPOINT, "The container did not answer the ping.")
    for _ in range(3):
        result = look(api, settings)
        assert isinstance(result, Failed)
        assert "The container did not answer the ping." in result.reason
    assert len(fake.called("CreateEndpoint")) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_failed_endpoint_is_recreated_on_the_next_version(
    fake: Any, api: SageMakerApi, settings: Settings, at_once: bool
) -> None:
    fake.register(GROUP, approval="Approved")
    look(api, settings)
    fake.fail(ENDPOINT)
    fake.deletes_at_once = at_once
    newer = fake.register(GROUP, approval="Approved")
    if not at_once:
        assert look(api, settings) == Wait("Deleting")
        assert look(api, settings) == Wait("Deleting")
        fake.settle(ENDPOINT)
    assert look(api, settings) == Wait("Creating")
    fake.settle(ENDPOINT)
    assert isinstance(look(api, settings), Settled)
    assert fake.served(ENDPOINT) == newer


def test_an_update_not_seen_to_begin_is_not_noted(
    fake: Any, api: SageMakerApi, settings: Settings, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # DescribeEndpoint that lags behind must not make the update look rolled back.
    fake.register(GROUP, approval="Approved")
    lagging = {"EndpointStatus": "InService", "EndpointConfigName": live}
    describe = fake._describe_endpoint
    monkeypatch.setattr(fake, "_describe_endpoint", lambda params: {**describe(params), **lagging})
    assert look(api, settings) == Wait("Updating")
    assert fake.called("AddTags") == []
    monkeypatch.undo()
    fake.settle(ENDPOINT)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live
