"""The custom resources, driven as CDK's provider framework drives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers import contract
from cdk_sagemaker_mlops.handlers.custom_resource import is_complete, on_event
from cdk_sagemaker_mlops.handlers.errors import PermanentError

EVENTS = Path(__file__).parents[3] / "events"
GROUP = "churn-models"
ENDPOINT = "churn"
BIGGER = json.dumps(
    {
        "Kind": "Serverless",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 5},
        },
    }
)


def request(kind: str, resource_type: str = contract.MODEL_DEPLOYMENT, **properties: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"custom_resource_{kind}.json").read_text())
    event["ResourceType"] = resource_type
    event["ResourceProperties"].update(properties)
    return event


def begin(event: dict[str, Any]) -> dict[str, Any]:
    """What the framework hands to is_complete: the request with what on_event answered."""
    return {**event, **on_event(event, None)}


def done(event: dict[str, Any]) -> bool:
    return is_complete(event, None)["IsComplete"]


@pytest.fixture
def live(fake: Any) -> str:
    fake.register(GROUP, approval="Approved")
    event = begin(request("create"))
    assert not done(event)
    fake.settle(ENDPOINT)
    assert done(event)
    fake.calls.clear()
    return str(fake.endpoints[ENDPOINT]["EndpointConfigName"])


@pytest.mark.usefixtures("fake")
def test_create_without_an_approved_package_is_done_at_once() -> None:
    event = begin(request("create"))
    assert event["PhysicalResourceId"] == ENDPOINT
    assert done(event)


def test_create_with_an_approved_package_waits_until_it_serves(fake: Any) -> None:
    package = fake.register(GROUP, approval="Approved")
    event = begin(request("create"))
    assert [done(event), done(event)] == [False, False]
    fake.settle(ENDPOINT)
    assert done(event)
    (model,) = fake.models.values()
    assert model["Containers"] == [{"ModelPackageName": package}]


def test_create_fails_when_the_endpoint_cannot_be_created(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = begin(request("create"))
    done(event)
    fake.fail(ENDPOINT, "The container did not answer the ping.")
    fake.deletes_at_once = True
    with pytest.raises(PermanentError, match=r"^endpoint churn: RolloutFailed: .* did not answer the ping\."):
        done(event)


def test_fails_when_another_created_an_endpoint_of_that_name(fake: Any) -> None:
    begin_as_other = request("create", NamePrefix="another-12345678")
    fake.register(GROUP, approval="Approved")
    done(begin(begin_as_other))
    with pytest.raises(PermanentError, match=r"^endpoint churn: EndpointNotOwned: "):
        done(begin(request("create")))


def test_update_of_the_hosting_config_waits_until_it_serves(fake: Any, live: str) -> None:
    event = begin(request("update", Hosting=BIGGER))
    assert event["PhysicalResourceId"] == ENDPOINT
    assert not done(event)
    fake.settle(ENDPOINT)
    assert done(event)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live


def test_update_fails_on_a_silent_rollback_and_the_stacks_own_rollback_succeeds(fake: Any, live: str) -> None:
    update = begin(request("update", Hosting=BIGGER))
    assert not done(update)
    fake.roll_back(ENDPOINT)
    with pytest.raises(PermanentError, match=f"SageMaker went back to {live}"):
        done(update)
    rollback = begin(request("update"))
    assert done(rollback)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live
    assert len(fake.called("UpdateEndpoint")) == 1


@pytest.mark.usefixtures("live")
def test_a_stack_can_roll_back_to_a_hosting_config_whose_newest_version_had_failed(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = begin(request("update"))
    assert not done(event)
    fake.roll_back(ENDPOINT)
    with pytest.raises(PermanentError):
        done(event)
    # CloudFormation now asks for the same once more, as the rollback: it must not fail for what failed before.
    assert done(begin(request("update")))


def test_update_waits_for_a_rollout_that_is_under_way(fake: Any, live: str) -> None:
    fake.set_status(ENDPOINT, "SystemUpdating")
    event = begin(request("update"))
    assert not done(event)
    fake.set_status(ENDPOINT, "InService")
    assert done(event)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


def test_a_throttled_look_is_repeated(fake: Any) -> None:
    fake.fail_next("ListModelPackages", "ThrottlingException", "Rate exceeded", times=2)
    event = begin(request("create"))
    fake.fail_next("ListModelPackages", "ThrottlingException", "Rate exceeded")
    assert [done(event), done(event)] == [False, True]


def test_permissions_that_are_not_visible_yet_are_waited_for(fake: Any) -> None:
    fake.fail_next("ListModelPackages", "AccessDeniedException", "User is not authorized", times=3)
    assert done(begin(request("create")))


def test_fails_when_permission_stays_missing(fake: Any) -> None:
    fake.fail_next("ListModelPackages", "AccessDeniedException", "User is not authorized", times=99)
    with pytest.raises(PermanentError, match="User is not authorized"):
        on_event(request("create"), None)


def test_another_endpoint_name_is_another_physical_id(fake: Any) -> None:
    assert on_event(request("update", EndpointName="renamed"), None)["PhysicalResourceId"] == "renamed"


def test_deleting_the_deployment_removes_nothing(fake: Any, live: str) -> None:
    assert done(begin(request("delete")))
    assert fake.changes == []
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


@pytest.mark.parametrize("kind", ["create", "update"])
def test_the_cleanup_does_nothing_before_it_is_deleted(fake: Any, live: str, kind: str) -> None:
    assert done(begin(request(kind, contract.MODEL_DEPLOYMENT_CLEANUP, Hosting=BIGGER)))
    assert fake.calls == []


@pytest.mark.usefixtures("live")
def test_deleting_the_cleanup_removes_everything_and_waits(fake: Any) -> None:
    event = begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP))
    assert event["PhysicalResourceId"] == ENDPOINT
    assert [done(event), done(event)] == [False, False]
    fake.settle(ENDPOINT)
    assert done(event)
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}


@pytest.mark.usefixtures("fake")
def test_deleting_a_cleanup_twice_succeeds() -> None:
    for _ in range(2):
        assert done(begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP)))


@pytest.mark.usefixtures("live")
def test_renaming_the_endpoint_deletes_the_old_one_and_keeps_the_new_one(fake: Any) -> None:
    update = begin(request("update", EndpointName="renamed"))
    assert not done(update)
    fake.settle("renamed")
    assert done(update)
    fake.deletes_at_once = True
    assert done(begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP)))
    assert [*fake.endpoints] == ["renamed"]
    assert len(fake.endpoint_configs) == len(fake.models) == 1


@pytest.mark.usefixtures("live")
def test_answers_are_far_below_cloudformations_4096_bytes() -> None:
    event = request("update", Hosting=BIGGER)
    assert len(json.dumps(on_event(event, None))) < 300
    assert len(json.dumps(is_complete(begin(event), None))) < 300


def test_create_does_not_wait_where_it_need_not(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = begin(request("create", Wait="false"))
    assert done(event)
    assert [*fake.endpoints] == [ENDPOINT]


def test_a_throttled_look_is_repeated_even_where_nobody_waits(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = begin(request("create", Wait="false"))
    fake.fail_next("CreateEndpoint", "ThrottlingException", "Rate exceeded")
    assert [done(event), done(event)] == [False, True]
    assert [*fake.endpoints] == [ENDPOINT]


@pytest.mark.usefixtures("live")
def test_a_look_that_is_still_running_is_waited_for_before_anything_is_removed(fake: Any) -> None:
    looking = [1, 1, 0]
    fake.in_flight = lambda _url: looking.pop(0)
    fake.deletes_at_once = True
    event = begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP))
    assert [done(event), done(event)] == [False, False]
    assert fake.changes == []
    assert done(event)
    assert fake.endpoints == {}
    (asked, *_) = fake.called("GetQueueAttributes")
    assert asked["QueueUrl"] == request("delete")["ResourceProperties"]["QueueUrl"]


@pytest.mark.usefixtures("live")
def test_a_queue_that_is_gone_has_nothing_in_flight(fake: Any) -> None:
    code = "AWS.SimpleQueueService.NonExistentQueue"
    fake.fail_next("GetQueueAttributes", code, "The specified queue does not exist.")
    fake.deletes_at_once = True
    assert done(begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP)))


def test_a_long_reason_fits_into_cloudformations_answer(fake: Any) -> None:
    fake.register(GROUP, approval="Approved")
    event = begin(request("create"))
    fake.fail_next("CreateEndpoint", "ResourceLimitExceeded", "The limit is 0. " * 200)
    with pytest.raises(PermanentError) as raised:
        done(event)
    assert len(str(raised.value).encode()) < 1024


def test_removal_leaves_no_scaling_and_no_alarm(fake: Any) -> None:
    asynchronous = json.dumps(
        {
            "Kind": "Async",
            "ProductionVariant": {
                "VariantName": "AllTraffic",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            },
            "EndpointConfig": {
                "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://churn-async/out"}}
            },
            "Scaling": {"MinCapacity": 0, "MaxCapacity": 2, "ScaleFromZero": True},
        }
    )
    fake.register(GROUP, approval="Approved")
    event = begin(request("create", Hosting=asynchronous))
    done(event)
    fake.settle(ENDPOINT)
    assert done(event)
    assert len(fake.scalable_targets) == len(fake.scaling_policies) == len(fake.alarms) == 1
    fake.deletes_at_once = True
    assert done(begin(request("delete", contract.MODEL_DEPLOYMENT_CLEANUP, Hosting=asynchronous)))
    assert fake.scalable_targets == fake.scaling_policies == fake.alarms == {}
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}
