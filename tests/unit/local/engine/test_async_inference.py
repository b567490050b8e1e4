from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine import handler
from cdk_sagemaker_mlops.local.engine.http_request import Request

TOPICS = "arn:aws:sns:eu-west-1:000000000000:"
OUTPUT = {
    "S3OutputPath": "s3://bucket/out/",
    "S3FailurePath": "s3://bucket/failed",
    "NotificationConfig": {"SuccessTopic": f"{TOPICS}good", "ErrorTopic": f"{TOPICS}bad"},
}


def _endpoint(bench: Any, output: dict[str, Any]) -> None:
    bench.instance_config("one")
    variants = bench.call("DescribeEndpointConfig", EndpointConfigName="one")["ProductionVariants"]
    config = {"ProductionVariants": variants, "AsyncInferenceConfig": {"OutputConfig": output}}
    bench.call("CreateEndpointConfig", EndpointConfigName="async", **config)
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="async")
    bench.run_background()


@pytest.fixture
def serving(bench: Any) -> Any:
    bench.storage.objects["s3://bucket/in.csv"] = b"row"
    return bench


def _invoke(bench: Any, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    given = {f"x-amzn-sagemaker-{name.replace('_', '-')}": value for name, value in headers.items()}
    path = "/endpoints/e/async-invocations"
    request = Request(scope=bench.scope, path=path, headers=given, body=body)
    status, answered_headers, answered = handler.answer(bench.plane, request)
    return status, answered_headers, json.loads(answered)


def test_the_model_s_answer_is_put_into_s3_and_told(serving: Any) -> None:
    _endpoint(serving, OUTPUT)

    status, headers, body = _invoke(
        serving, inputlocation="s3://bucket/in.csv", content_type="text/csv", inference_id="mine"
    )

    assert (status, body) == (202, {"InferenceId": "mine"})
    location = headers["x-Amzn-SageMaker-OutputLocation"]
    assert location.startswith("s3://bucket/out/")
    assert location not in serving.storage.objects
    serving.run_background()
    assert serving.storage.objects[location] == b"ROW"
    ((topic, told),) = serving.published
    assert (topic, told["invocationStatus"], told["inferenceId"]) == (f"{TOPICS}good", "Completed", "mine")
    assert told["responseParameters"] == {"outputLocation": location}


def test_a_payload_can_be_in_the_request(serving: Any) -> None:
    _endpoint(serving, {"S3OutputPath": "s3://bucket/out"})

    _, headers, _ = _invoke(serving, b"inline")
    serving.run_background()

    assert serving.storage.objects[headers["x-Amzn-SageMaker-OutputLocation"]] == b"INLINE"
    assert "x-Amzn-SageMaker-FailureLocation" not in headers
    assert serving.published == []


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"inputlocation": "s3://bucket/in.csv", "content_type": "text/broken"}, "cannot read text/broken"),
        ({"inputlocation": "s3://bucket/none"}, "Failed to download s3://bucket/none: s3://bucket/none"),
    ],
)
def test_a_failure_is_put_into_s3_and_told(serving: Any, headers: dict[str, str], text: str) -> None:
    _endpoint(serving, OUTPUT)

    _, answered, _ = _invoke(serving, **headers)
    serving.run_background()

    assert serving.storage.objects[answered["x-Amzn-SageMaker-FailureLocation"]].decode() == text
    assert answered["x-Amzn-SageMaker-OutputLocation"] not in serving.storage.objects
    ((topic, told),) = serving.published
    assert (topic, told["invocationStatus"], told["failureReason"]) == (f"{TOPICS}bad", "Failed", text)


def test_a_failure_without_a_place_leaves_nothing(serving: Any) -> None:
    _endpoint(serving, {"S3OutputPath": "s3://bucket/out"})
    before = dict(serving.storage.objects)

    _invoke(serving, inputlocation="s3://bucket/in.csv", content_type="text/broken")
    serving.run_background()

    assert serving.storage.objects == before


def test_an_endpoint_that_goes_first_fails_the_request(serving: Any) -> None:
    _endpoint(serving, OUTPUT)
    _, headers, _ = _invoke(serving, b"row")
    waiting = serving.waiting.pop()
    serving.call("DeleteEndpoint", EndpointName="e")
    serving.run_background()

    waiting()

    failure = serving.storage.objects[headers["x-Amzn-SageMaker-FailureLocation"]]
    assert failure == b"The endpoint was deleted before it answered."


def test_fails_without_a_payload(serving: Any) -> None:
    _endpoint(serving, OUTPUT)

    status, _, body = _invoke(serving)

    assert (status, body) == (400, {"Message": "InputLocation or a body must be given."})
