from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment import removal
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.removal import remove_for_good
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"


def deploy_versions(fake: Any, settings: Settings, count: int) -> None:
    for _ in range(count):
        fake.register(GROUP, approval="Approved")
        look(settings)
        fake.settle(settings.endpoint_name)
        look(settings)


def test_removes_the_endpoint_first_and_everything_made_for_it_when_it_is_gone(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    deploy_versions(fake, settings, 3)
    assert remove_for_good(settings, api) is False
    assert len(fake.endpoint_configs) == len(fake.models) == 3
    assert remove_for_good(settings, api) is False
    fake.settle(ENDPOINT)
    assert remove_for_good(settings, api) is True
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}


def test_removes_all_in_one_call_where_deleting_is_quick(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    deploy_versions(fake, settings, 2)
    fake.deletes_at_once = True
    assert remove_for_good(settings, api) is True
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_waits_while_sagemaker_is_at_work_on_the_endpoint(
    fake: Any, api: SageMakerApi, settings: Settings, status: str
) -> None:
    deploy_versions(fake, settings, 1)
    fake.set_status(ENDPOINT, status)
    assert remove_for_good(settings, api) is False
    assert ENDPOINT in fake.endpoints


def test_removes_a_failed_endpoint(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.fail(ENDPOINT)
    fake.deletes_at_once = True
    assert remove_for_good(settings, api) is True
    assert fake.endpoints == {}


@pytest.mark.parametrize("died_before", ["CreateEndpointConfig", "CreateEndpoint"])
def test_removes_what_a_look_left_that_died(
    fake: Any, api: SageMakerApi, settings: Settings, died_before: str
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.fail_next(died_before, "InternalFailure", "died here", status=500)
    with pytest.raises(Exception, match="died here"):
        look(settings)
    assert fake.models
    assert remove_for_good(settings, api) is True
    assert fake.endpoint_configs == fake.models == {}


def test_with_nothing_made_there_is_nothing_to_remove(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    assert remove_for_good(settings, api) is True
    assert fake.changes == ["DeleteEndpoint", "DeleteAlarms", "DeregisterScalableTarget"]


def test_leaves_what_other_deployments_made(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    others = [
        replace(settings, endpoint_name="churn-2", name_prefix=f"x-{settings.name_prefix}"),
        # The same deployment after its endpoint was renamed.
        replace(settings, endpoint_name="churn-renamed"),
    ]
    for other in others:
        deploy_versions(fake, other, 1)
    before = (dict(fake.endpoints), dict(fake.endpoint_configs), dict(fake.models))
    deploy_versions(fake, settings, 1)
    fake.deletes_at_once = True
    assert remove_for_good(settings, api) is True
    assert before == (fake.endpoints, fake.endpoint_configs, fake.models)


def test_leaves_an_endpoint_of_the_same_name_that_another_created(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    other = replace(settings, name_prefix="another-12345678")
    deploy_versions(fake, other, 1)
    fake.calls.clear()
    assert remove_for_good(settings, api) is True
    assert fake.changes == []


def test_goes_on_in_the_next_call_where_one_call_would_take_too_long(
    fake: Any, api: SageMakerApi, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_MOST_DELETES", 5)
    settings = replace(settings, hosting={**settings.hosting, "KeepVersions": 12})
    deploy_versions(fake, settings, 12)
    fake.deletes_at_once = True
    assert [remove_for_good(settings, api) for _ in range(4)] == [False, False, False, True]
    assert fake.endpoint_configs == fake.models == {}


def test_fails_when_a_deletion_is_refused(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    deploy_versions(fake, settings, 1)
    fake.deletes_at_once = True
    fake.fail_next("DeleteModel", "ValidationException", "not this one")
    with pytest.raises(Exception, match="not this one"):
        remove_for_good(settings, api)


def test_what_is_gone_already_counts_as_deleted(fake: Any, api: SageMakerApi, settings: Settings) -> None:
    deploy_versions(fake, settings, 1)
    fake.deletes_at_once = True
    fake.fail_next("DeleteModel", "ValidationException", 'Could not find model "arn".')
    assert remove_for_good(settings, api) is False
    assert remove_for_good(settings, api) is True


def test_an_endpoint_that_is_not_to_be_seen_yet_is_waited_for(
    fake: Any, api: SageMakerApi, settings: Settings
) -> None:
    fake.register(GROUP, approval="Approved")
    fake.lag = 8
    look(settings)
    assert api.endpoint() is None
    assert remove_for_good(settings, api) is False
    assert fake.changes[-1] == "DeleteEndpoint"
    assert len(fake.endpoint_configs) == 1
    fake.settle(ENDPOINT)
    fake.advance(60)
    fake.lag, fake.deletes_at_once = 0, True
    assert remove_for_good(settings, api) is True
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}
