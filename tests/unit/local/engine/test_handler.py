from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine import handler
from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.http_request import Request


def _call(bench: Any, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = {"x-amz-target": f"SageMaker.{operation}"}
    request = Request(scope=bench.scope, path="/", headers=headers, body=body)
    status, _, answered = handler.answer(bench.plane, request)
    return status, json.loads(answered)


def _invoke(bench: Any, headers: dict[str, str], path: str = "/endpoints/e/invocations") -> Any:
    return handler.answer(bench.plane, Request(scope=bench.scope, path=path, headers=headers, body=b"row"))


@pytest.fixture
def serving(bench: Any) -> Any:
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName=bench.endpoint_config("one"))
    bench.run_background()
    return bench


def test_times_are_sent_as_seconds(bench: Any) -> None:
    bench.call("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"})
    made = bench.call("DescribeModel", ModelName="one")["CreationTime"]

    status, described = _call(bench, "DescribeModel", b'{"ModelName": "one"}')

    assert status == 200
    assert described["CreationTime"] == made.timestamp()


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("DescribeModel", b'{"ModelName": "none"}', "ValidationException"),
        ("DescribeModel", b"{", "SerializationException"),
        ("DescribeModel", b"[]", "SerializationException"),
        ("CreateTrainingJob", b"", "UnknownOperationException"),
    ],
)
def test_fails_with_the_error_s_code(bench: Any, operation: str, body: bytes, code: str) -> None:
    status, answered = _call(bench, operation, body)

    assert (status, answered["__type"]) == (400, code)


def test_an_endpoint_answers_with_its_model_s_prediction(serving: Any) -> None:
    status, headers, body = _invoke(serving, {"content-type": "text/csv", "accept": "application/json"})

    assert (status, body) == (200, b"ROW")
    assert headers == {"content-type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"}


def test_an_endpoint_answers_while_it_is_updated(serving: Any) -> None:
    serving.call("UpdateEndpoint", EndpointName="e", EndpointConfigName=serving.endpoint_config("two"))

    assert _invoke(serving, {})[0] == 200


def test_fails_with_the_model_s_own_error(serving: Any) -> None:
    status, headers, body = _invoke(serving, {"content-type": "text/broken"})

    assert (status, headers["x-amzn-ErrorType"]) == (424, "ModelError")
    assert json.loads(body) == {
        "Message": 'Received client error (415) from primary with message "cannot read text/broken".',
        "OriginalStatusCode": 415,
        "OriginalMessage": "cannot read text/broken",
    }


@pytest.mark.parametrize(
    ("path", "headers", "code", "text"),
    [
        (
            "/endpoints/none/invocations",
            {},
            "ValidationError",
            "Endpoint none of account 000000000000 not found.",
        ),
        (
            "/endpoints/e/invocations",
            {"x-amzn-sagemaker-target-variant": "other"},
            "ValidationError",
            "Variant other of endpoint e not found.",
        ),
        (
            "/endpoints/e/invocations-with-response-stream",
            {},
            "UnknownOperationException",
            "/endpoints/e/invocations-with-response-stream is not emulated",
        ),
        (
            "/endpoints/e/async-invocations",
            {},
            "ValidationError",
            "Endpoint e is not asynchronous.",
        ),
        ("/endpoints/e", {}, "UnknownOperationException", "/endpoints/e is not emulated"),
    ],
)
def test_fails_to_invoke(serving: Any, path: str, headers: dict[str, str], code: str, text: str) -> None:
    status, answered_headers, body = _invoke(serving, headers, path)

    assert (status, answered_headers["x-amzn-ErrorType"]) == (400, code)
    assert json.loads(body) == {"Message": text}


def test_fails_to_invoke_an_endpoint_that_was_deleted(serving: Any) -> None:
    serving.call("DeleteEndpoint", EndpointName="e")
    serving.run_background()

    assert _invoke(serving, {})[0] == 400


def test_fails_to_invoke_an_asynchronous_endpoint(bench: Any) -> None:
    name = bench.instance_config("one")
    bench.call(
        "CreateEndpointConfig",
        EndpointConfigName="two",
        ProductionVariants=bench.call("DescribeEndpointConfig", EndpointConfigName=name)[
            "ProductionVariants"
        ],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://bucket/out"}},
    )
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName="two")
    bench.run_background()

    status, _, body = _invoke(bench, {})

    assert (status, json.loads(body)) == (
        400,
        {"Message": "Endpoint e is asynchronous, and must be called as such."},
    )


def _refuse(checks: Any) -> None:
    check = next(iter(checks))
    raise ApiError("AccessDeniedException", f"not {check.action} on {check.resource}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "not sagemaker:ListModels on *"),
        (
            "/endpoints/E/invocations",
            "not sagemaker:InvokeEndpoint on arn:aws:sagemaker:eu-west-1:000000000000:endpoint/e",
        ),
    ],
)
def test_fails_when_the_caller_may_not(bench: Any, path: str, text: str) -> None:
    headers = {"x-amz-target": "SageMaker.ListModels"}
    request = Request(scope=bench.scope, path=path, headers=headers, body=b"", permit=_refuse)

    status, answered_headers, body = handler.answer(bench.plane, request)

    answered = json.loads(body)
    assert answered.get("message", answered.get("Message")) == text
    code = answered.get("__type", answered_headers.get("x-amzn-ErrorType"))
    assert (status, code) == (403 if path != "/" else 400, "AccessDeniedException")
