from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.config.async_endpoint import AsyncEndpoint
from cdk_sagemaker_mlops.config.rollout import CanaryRollout
from cdk_sagemaker_mlops.errors import ValidationError

TOPIC = "arn:aws-cn:sns:cn-north-1:123456789012:answers"


def test_scales_to_zero_by_default() -> None:
    scaling = AsyncEndpoint().scaling("churn")
    assert scaling is not None
    assert (scaling["MinCapacity"], scaling["MaxCapacity"], scaling["ScaleFromZero"]) == (0, 1, True)
    (policy,) = scaling["TargetTracking"]
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
    assert metric["Dimensions"] == [{"Name": "EndpointName", "Value": "churn"}]


def test_writes_answers_below_the_storage_by_default() -> None:
    endpoint = AsyncEndpoint()
    assert endpoint.needs_storage()
    assert endpoint.written_s3_uris("s3://bucket/churn") == ["s3://bucket/churn/async-output"]
    assert endpoint.endpoint_config("s3://bucket/churn") == {
        "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://bucket/churn/async-output"}}
    }


def test_everything_can_be_set() -> None:
    endpoint = AsyncEndpoint(
        output_s3_uri="s3://own/out",
        failure_s3_uri="s3://own/failed",
        output_kms_key_id="alias/own",
        success_topic_arn=TOPIC,
        error_topic_arn=TOPIC,
        max_concurrent_invocations_per_instance=4,
        min_capacity=1,
        max_capacity=3,
        volume_kms_key_id="alias/volume",
    )
    assert not endpoint.needs_storage()
    assert endpoint.written_s3_uris("") == ["s3://own/out", "s3://own/failed"]
    assert endpoint.written_kms_keys() == ["alias/own"]
    assert endpoint.topic_arns() == [TOPIC]
    assert endpoint.endpoint_config("") == {
        "KmsKeyId": "alias/volume",
        "AsyncInferenceConfig": {
            "OutputConfig": {
                "S3OutputPath": "s3://own/out",
                "S3FailurePath": "s3://own/failed",
                "KmsKeyId": "alias/own",
                "NotificationConfig": {"SuccessTopic": TOPIC, "ErrorTopic": TOPIC},
            },
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
        },
    }
    scaling = endpoint.scaling("churn")
    assert scaling is not None
    assert scaling["ScaleFromZero"] is False


def test_a_fleet_of_one_size_is_not_scaled_and_may_be_burstable() -> None:
    fixed = AsyncEndpoint(instance_type="ml.t2.medium", min_capacity=1, max_capacity=1)
    assert fixed.scaling("churn") is None
    assert AsyncEndpoint(min_capacity=2, max_capacity=2).scaling("churn") is not None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"output_s3_uri": "bucket/out"},
            "InvalidS3Uri: endpoint.output_s3_uri must be an S3 URI of up to 512 characters, got 'bucket/out'; "
            "use a URI such as bucket.s3_url_for_object('prefix')",
        ),
        (
            {"error_topic_arn": "answers"},
            "InvalidTopicArn: endpoint.error_topic_arn must be the ARN of an SNS topic, got 'answers'; "
            "pass topic.topic_arn",
        ),
        (
            {"max_concurrent_invocations_per_instance": 1001},
            "InvalidConcurrency: endpoint.max_concurrent_invocations_per_instance must be a whole number from 1 to "
            "1000 requests, got 1001; leave it out to have SageMaker choose",
        ),
        (
            {"instance_type": "ml.t3.medium"},
            "AutoScalingNotSupported: endpoint.max_capacity must be left out for burstable instances, which "
            "SageMaker does not scale, got 'ml.t3.medium'; choose an instance type such as 'ml.m5.large'",
        ),
        (
            {"rollout": CanaryRollout()},
            "FleetTooSmall: endpoint.rollout must be AllAtOnceRollout() for a fleet that may have 0 instances: "
            "CanaryRollout moves a part of at least 2, got 'CanaryRollout'; keep at least 2 instances, or use "
            "AllAtOnceRollout()",
        ),
        (
            {"min_capacity": -1},
            "InvalidCapacity: endpoint.min_capacity must be a whole number of at least 0 instances, got -1; "
            "use 0 to pay for requests only",
        ),
    ],
)
def test_fails_when_a_value_is_outside_its_range(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        AsyncEndpoint(**options)
    assert str(raised.value) == text
