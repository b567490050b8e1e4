"""What hosting configs render is what the handlers understand and AWS takes: both sides of the contract at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fake_aws
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cdk_sagemaker_mlops import (
    AllAtOnceRollout,
    AsyncEndpoint,
    AutoScaling,
    CanaryRollout,
    CapacitySize,
    DataCapture,
    LinearRollout,
    Network,
    RealTimeEndpoint,
    RollingRollout,
    ScheduledScaling,
    ServerlessEndpoint,
    SmokeTest,
    TargetMetric,
    ValidationError,
)
from cdk_sagemaker_mlops.config.endpoint import Endpoint
from cdk_sagemaker_mlops.constructs.hosting_document import hosting_document
from cdk_sagemaker_mlops.handlers import aws_calls, contract
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Settled, Wait
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

ALARMS = ["errors", "latency"]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def valid(kind: Any, **options: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of ``kind`` that its own checks let pass."""

    def build(given: dict[str, Any]) -> Any:
        try:
            return kind(**given)
        except ValidationError:
            assume(False)

    return st.fixed_dictionaries(options).map(build)


WAITS = st.integers(0, 3600)
SIZES = st.builds(CapacitySize, capacity_percent=st.integers(1, 100)) | st.builds(
    CapacitySize, instance_count=st.integers(1, 6)
)
ROLLOUTS = st.one_of(
    valid(AllAtOnceRollout, termination_wait_in_seconds=WAITS),
    valid(CanaryRollout, canary_size=SIZES, wait_interval_in_seconds=WAITS),
    valid(LinearRollout, linear_step_size=SIZES, wait_interval_in_seconds=WAITS),
    valid(RollingRollout, maximum_batch_size=SIZES, wait_interval_in_seconds=WAITS),
)
SCALING = valid(
    AutoScaling,
    min_capacity=st.integers(1, 4),
    max_capacity=st.integers(1, 12),
    invocations_per_instance=maybe(st.floats(1, 1e6)),
    target_metric=maybe(
        st.builds(TargetMetric, metric_name=st.just("CPUUtilization"), target_value=st.floats(1, 800))
    ),
    schedules=st.lists(
        st.builds(
            ScheduledScaling,
            name=st.sampled_from(["day", "night"]),
            schedule=st.just("cron(0 7 * * ? *)"),
            min_capacity=st.integers(1, 6),
            max_capacity=maybe(st.integers(6, 12)),
        ),
        max_size=2,
    ),
)
INSTANCES = {
    "instance_type": st.sampled_from(["ml.m5.large", "ml.g5.xlarge", "ml.t2.medium", "ml.inf1.xlarge"]),
    "initial_instance_count": st.integers(1, 12),
    "environment": st.dictionaries(st.sampled_from(["A", "B_2"]), st.text(max_size=20), max_size=2),
    "network": maybe(
        st.just(Network(subnets=["subnet-1"], security_group_ids=["sg-1"], enable_network_isolation=True))
    ),
    "volume_size_in_gb": maybe(st.integers(1, 512)),
    "volume_kms_key_id": maybe(st.just("alias/volume")),
    "container_startup_health_check_timeout_in_seconds": maybe(st.integers(60, 3600)),
    "rollout": ROLLOUTS,
}
ENDPOINTS: st.SearchStrategy[Endpoint] = st.one_of(
    valid(
        ServerlessEndpoint,
        memory_size_in_mb=st.sampled_from([1024, 6144]),
        max_concurrency=st.integers(1, 200),
        provisioned_concurrency=maybe(st.integers(1, 200)),
    ),
    valid(
        RealTimeEndpoint,
        **INSTANCES,
        auto_scaling=maybe(SCALING),
        data_capture=maybe(
            valid(DataCapture, sampling_percentage=st.integers(0, 100), capture_input=st.booleans())
        ),
    ),
    valid(
        AsyncEndpoint,
        **INSTANCES,
        min_capacity=st.integers(0, 3),
        max_capacity=st.integers(1, 6),
        max_concurrent_invocations_per_instance=maybe(st.integers(1, 1000)),
    ),
)


@pytest.fixture
def in_charge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts a fresh AWS behind the handlers' clients each time it is called."""

    def fresh() -> fake_aws.FakeAws:
        fake = fake_aws.FakeAws()
        fake_aws.put_in_charge(fake)
        fake.create_group("churn-models")
        for alarm in ALARMS:
            fake.set_alarm(alarm, "OK")
        monkeypatch.setattr(aws_calls, "clock", fake.time)
        monkeypatch.setattr(aws_calls, "sleep", fake.sleep)
        return fake

    monkeypatch.setattr(aws_calls.boto3, "client", fake_aws.client)
    aws_calls.client.cache_clear()
    yield fresh
    aws_calls.client.cache_clear()


def told(endpoint: Endpoint, smoke_test: SmokeTest | None = None) -> Settings:
    document = hosting_document(
        endpoint,
        endpoint_name="churn",
        storage_uri="s3://churn-artifacts/churn",
        alarm_names=ALARMS,
        smoke_test=smoke_test,
        when_none_approved="Keep",
        keep_versions=3,
    )
    return Settings.from_environment(
        {
            contract.MODEL_PACKAGE_GROUP: "churn-models",
            contract.ENDPOINT_NAME: "churn",
            contract.NAME_PREFIX: "churn-deployment-0a1b2c3d",
            contract.EXECUTION_ROLE_ARN: "arn:aws:iam::123456789012:role/hosting",
            contract.QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/churn.fifo",
            contract.TOPIC_ARN: "arn:aws:sns:eu-west-1:123456789012:churn",
            contract.HOSTING: json.dumps(document),
        }
    )


@given(endpoint=ENDPOINTS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
def test_what_is_accepted_at_synth_is_created_and_updated(in_charge: Any, endpoint: Endpoint) -> None:
    fake = in_charge()
    deployment = told(endpoint)
    for version in (1, 2):
        package = fake.register("churn-models", approval="Approved")
        assert isinstance(look(deployment), Wait), version
        fake.settle("churn")
        rest = look(deployment)
        assert isinstance(rest, Settled), rest
        assert fake.served("churn") == package


def test_the_smoke_test_is_understood(in_charge: Any) -> None:
    fake = in_charge()
    fake.answer_of = lambda *_: (200, b'{"label": 1}')
    fake.register("churn-models", approval="Approved")
    deployment = told(ServerlessEndpoint(), SmokeTest(payload="1,2", expect='"label": 1'))
    look(deployment)
    fake.settle("churn")
    assert isinstance(look(deployment), Settled)
    (asked,) = fake.called("InvokeEndpoint")
    assert (asked["Body"], asked["ContentType"]) == (b"1,2", "text/csv")
