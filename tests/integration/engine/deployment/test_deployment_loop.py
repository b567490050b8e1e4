"""The deployer's real template and real Lambda on the engine, with IAM enforced: what people do, and what comes
of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError

UNREADABLE: None = None
NEGATED = [1, 1, 0, 0]


@pytest.fixture(scope="module")
def deployed(loop: Any) -> Iterator[Any]:
    loop.deploy(live="instances")
    yield loop
    loop.forget()


@pytest.fixture
def served(deployed: Any) -> int:
    """A version that was just deployed."""
    version = deployed.approve()
    deployed.comes_to(version)
    return int(version)


@pytest.fixture(scope="module")
def told(deployed: Any) -> Callable[[], list[dict[str, Any]]]:
    """Takes what people are told from the topic."""
    aws = deployed.aws
    (topic,) = (one["TopicArn"] for one in aws.sns.list_topics()["Topics"])
    url = aws.sqs.create_queue(QueueName="told")["QueueUrl"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Action": "sqs:SendMessage"}]}
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:told")
    return lambda: aws.take(url)  # type: ignore[no-any-return]


def test_approvals_are_served_and_a_rejection_brings_the_one_before_back(
    deployed: Any, told: Callable[[], list[dict[str, Any]]]
) -> None:
    aws = deployed.aws
    outcomes = aws.events_of("outcomes", {"source": ["cdk-sagemaker-mlops"]})
    first = deployed.approve()
    deployed.comes_to(first)
    assert aws.predict("live") == "0,1"
    assert [one["Subject"] for one in told()] == [f"live: version {first} is deployed"]
    assert [event["detail"]["status"] for event in outcomes()] == ["DEPLOYED"]

    second = deployed.approve()
    aws.until(lambda: deployed.endpoint()["EndpointStatus"] == "Updating")
    between, newest = deployed.approve(), deployed.approve()
    deployed.comes_to(newest)
    assert deployed.mark(second).startswith("deployed")
    assert deployed.mark(between) == ""

    deployed.decide(between, "Rejected")
    deployed.decide(newest, "Rejected")
    aws.until(lambda: deployed.version() == second, 60)
    assert aws.predict("live") == "0,1"


@pytest.mark.long
def test_a_model_that_does_not_load_leaves_the_last_one_in_service(
    deployed: Any, served: int, told: Callable[[], list[dict[str, Any]]]
) -> None:
    told()
    broken = deployed.approve(UNREADABLE)

    assert "did not pass the ping health check" in deployed.fails(broken)

    deployed.aws.until(lambda: deployed.version() == served, 60)
    assert deployed.aws.predict("live") == "0,1"
    (message,) = deployed.aws.until(told)
    assert message["Subject"] == f"live: version {broken} could not be deployed"
    assert "did not pass the ping health check" in message["Message"]
    # Not tried again unasked, though it is the highest approved version.
    deployed.comes_to(deployed.approve())
    assert deployed.mark(broken).count("failed") == 1


@pytest.mark.long
def test_a_model_that_fails_the_smoke_test_goes_back(deployed: Any, served: int) -> None:
    wrong = deployed.approve(NEGATED)

    deployed.fails(wrong)

    deployed.aws.until(lambda: deployed.version() == served, 60)
    assert {deployed.aws.predict("live") for _ in range(5)} == {"0,1"}
    # Approved anew, it is tried anew.
    before = deployed.mark(wrong)
    deployed.aws.until(deployed.is_quiet)
    deployed.pause_for_marks()
    deployed.decide(wrong, "Approved")
    deployed.aws.until(lambda: deployed.mark(wrong) != before, 60)
    deployed.aws.until(lambda: deployed.version() == served, 60)


@pytest.mark.long
def test_fifty_approvals_at_once_end_with_the_newest(deployed: Any) -> None:
    versions = [deployed.register() for _ in range(50)]
    with ThreadPoolExecutor(10) as people:
        list(people.map(lambda version: deployed.decide(version, "Approved"), versions))

    deployed.comes_to(versions[-1], seconds=120)

    tried = [version for version in versions if deployed.mark(version)]
    assert len(tried) <= 10
    assert all(deployed.mark(version).startswith("deployed") for version in tried)
    deployed.aws.until(deployed.is_quiet)
    assert deployed.dead_letters() == 0


def _variant(deployed: Any) -> dict[str, Any]:
    name = deployed.endpoint()["EndpointConfigName"]
    config = deployed.aws.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    return config["ProductionVariants"][0]  # type: ignore[no-any-return]


@pytest.mark.long
def test_a_hosting_change_moves_the_endpoint_and_one_that_cannot_work_rolls_back(
    deployed: Any, served: int
) -> None:
    assert _variant(deployed)["InstanceType"] == "ml.m5.large"
    deployed.deploy(live="larger")
    assert deployed.version() == served
    assert _variant(deployed)["InstanceType"] == "ml.m5.xlarge"
    assert "endpoint/live/variant/AllTraffic" in deployed.left()

    with pytest.raises(LocalRunError):
        deployed.deploy(live="broken")

    (stack,) = deployed.aws.cloudformation.describe_stacks(StackName="Loop")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("did not pass the ping health check" in reason for reason in deployed.aws.reasons("Loop"))
    assert deployed.version() == served
    assert _variant(deployed)["InstanceType"] == "ml.m5.xlarge"
    assert deployed.aws.predict("live") == "0,1"


@pytest.mark.long
def test_a_destroy_during_a_rollout_leaves_nothing(deployed: Any, served: int) -> None:
    deployed.approve()
    deployed.aws.until(lambda: deployed.endpoint()["EndpointStatus"] == "Updating")

    deployed.destroy()
    late = deployed.aws.until(lambda: deployed.left() == [], 5)

    assert late
    assert deployed.aws.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
