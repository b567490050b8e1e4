"""The endpoint that serves the approved model."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.served_endpoint import (
    EndpointState,
    decode,
    describe_endpoint,
    invoke,
    wait_until_served,
)
from cdk_sagemaker_mlops.errors import OperationError

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
OLD, NEW = f"{ARN}:model-package/churn/1", f"{ARN}:model-package/churn/2"
PAYLOAD = {"body": b"1,2", "content_type": "text/csv", "source": "payload.csv"}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def answer(stubber: Stubber, status: str, package: str | None, reason: str | None = None) -> None:
    times = {"CreationTime": 0, "LastModifiedTime": 0}
    because = {} if reason is None else {"FailureReason": reason}
    stubber.add_response(
        "describe_endpoint",
        {
            "EndpointName": "churn",
            "EndpointArn": f"{ARN}:endpoint/churn",
            "EndpointConfigName": "config-1",
            "EndpointStatus": status,
            **because,
            **times,
        },
        {"EndpointName": "churn"},
    )
    stubber.add_response(
        "describe_endpoint_config",
        {
            "EndpointConfigName": "config-1",
            "EndpointConfigArn": f"{ARN}:endpoint-config/config-1",
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "model-1"}],
            "CreationTime": 0,
        },
        {"EndpointConfigName": "config-1"},
    )
    container = {"Image": "i"} if package is None else {"ModelPackageName": package}
    stubber.add_response(
        "describe_model",
        {
            "ModelName": "model-1",
            "Containers": [container],
            "CreationTime": 0,
            "ModelArn": f"{ARN}:model/model-1",
        },
        {"ModelName": "model-1"},
    )


def missing(stubber: Stubber) -> None:
    stubber.add_client_error(
        "describe_endpoint", "ValidationException", 'Could not find endpoint "churn".', 400
    )


def wait(sagemaker: Any, *, clock: Any = lambda: 0.0) -> EndpointState:
    return wait_until_served(
        sagemaker, "churn", NEW, on_state=lambda state: None, sleep=lambda seconds: None, clock=clock
    )


def test_it_waits_through_no_endpoint_the_old_model_and_the_update() -> None:
    sagemaker = client("sagemaker")
    with Stubber(sagemaker) as stubber:
        missing(stubber)
        answer(stubber, "InService", OLD)
        answer(stubber, "Updating", NEW)
        answer(stubber, "InService", NEW)
        assert wait(sagemaker) == EndpointState(name="churn", status="InService", model_package_arn=NEW)
        stubber.assert_no_pending_responses()


def test_a_model_from_elsewhere_has_no_package() -> None:
    sagemaker = client("sagemaker")
    with Stubber(sagemaker) as stubber:
        answer(stubber, "InService", None)
        assert describe_endpoint(sagemaker, "churn").model_package_arn is None


def test_fails_with_the_endpoint_s_reason() -> None:
    sagemaker = client("sagemaker")
    with Stubber(sagemaker) as stubber:
        answer(stubber, "Failed", NEW, "model_fn raised KeyError: 'a'")
        with pytest.raises(OperationError) as caught:
            wait(sagemaker)
    assert str(caught.value) == (
        "EndpointFailed: endpoint churn must become InService, got \"Failed: model_fn raised KeyError: 'a'\";"
        " correct the model's inference code"
    )


def test_fails_when_the_time_is_over() -> None:
    sagemaker = client("sagemaker")
    ticks = iter([0.0, 299.0, 300.0])
    with Stubber(sagemaker) as stubber:
        missing(stubber)
        answer(stubber, "InService", OLD)
        with pytest.raises(OperationError) as caught:
            wait(sagemaker, clock=lambda: next(ticks))
    assert str(caught.value) == (
        f"EndpointNotInService: endpoint churn must serve {NEW} within 300 seconds, got 'InService on {OLD}';"
        " look at the deployer's queue and its dead-letter queue"
    )


def test_the_answer_to_a_request_is_decoded() -> None:
    runtime = client("sagemaker-runtime")
    body = b'{"predictions": [1]}'
    with Stubber(runtime) as stubber:
        stubber.add_response(
            "invoke_endpoint",
            {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"},
            {"EndpointName": "churn", "Body": b"1,2", "ContentType": "text/csv"},
        )
        assert invoke(runtime, "churn", **PAYLOAD) == {"predictions": [1]}


def test_fails_with_the_model_s_own_words() -> None:
    runtime = client("sagemaker-runtime")
    with Stubber(runtime) as stubber:
        stubber.add_client_error("invoke_endpoint", "ModelError", "expected 30 columns, got 2", 424)
        with pytest.raises(OperationError) as caught:
            invoke(runtime, "churn", **PAYLOAD)
    assert str(caught.value) == (
        "InvocationFailed: payload.csv must be answered by the endpoint, got 'expected 30 columns, got 2';"
        " send what the model's input_fn reads, or correct it"
    )


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b"[1]", "application/json; charset=utf-8", [1]),
        (b"not json", "application/json", "not json"),
        (b"1\n", "text/csv", "1"),
        (b"\xff", "", "\ufffd"),
    ],
)
def test_a_body_is_decoded_by_its_content_type(body: bytes, content_type: str, expected: object) -> None:
    assert decode(body, content_type) == expected
