"""An asynchronous endpoint: requests and answers in S3."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from cdk_sagemaker_mlops.deployed.asynchronous import asynchronous_sender, output_path
from cdk_sagemaker_mlops.deployed.predictions import RefusedError, Tally, predictions
from cdk_sagemaker_mlops.deployed.request_batches import Batch


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


class Endpoint:
    """Puts its answer into S3 after a few looks."""

    def __init__(self, *, answer: bytes | None = None, failure: bytes | None = None, looks: int = 2) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[dict[str, Any]] = []
        self._pending = {"out/1": answer, "fail/1": failure}
        self._looks = looks

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        self.objects[f"{Bucket}/{Key}"] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 - boto3's names
        self.objects.pop(f"{Bucket}/{Key}", None)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self._looks -= 1
        if self._looks == 0:
            self.objects.update({f"b/{key}": body for key, body in self._pending.items() if body is not None})
        body = self.objects.get(f"{Bucket}/{Key}")
        if body is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": StreamingBody(io.BytesIO(body), len(body))}

    def invoke_endpoint_async(self, **request: Any) -> dict[str, str]:
        assert self.objects == {request["InputLocation"].removeprefix("s3://"): b"1,2"}
        self.asked.append(request)
        return {"OutputLocation": "s3://b/out/1", "FailureLocation": "s3://b/fail/1"}


def ask(endpoint: Endpoint, *, accept: str | None = None, timeout_seconds: float = 60) -> tuple[bytes, str]:
    ticks = iter(float(second) for second in range(1000))
    send = asynchronous_sender(
        endpoint,
        endpoint,
        "churn",
        output="s3://b/out/",
        content_type="text/csv",
        accept=accept,
        poll_seconds=1,
        timeout_seconds=timeout_seconds,
        sleep=lambda seconds: None,
        clock=lambda: next(ticks),
    )
    return send(b"1,2")


def test_the_request_is_put_beside_the_answers_and_nothing_stays() -> None:
    endpoint = Endpoint(answer=b"0.9", looks=4)
    assert ask(endpoint, accept="text/csv") == (b"0.9", "text/csv")
    (asked,) = endpoint.asked
    assert asked.pop("InputLocation").startswith("s3://b/out/requests/")
    assert asked == {"EndpointName": "churn", "ContentType": "text/csv", "Accept": "text/csv"}
    assert endpoint.objects == {}
    assert ask(Endpoint(answer=b"[1]"))[1] == "application/json"


def test_fails_with_the_model_s_words_or_when_none_come() -> None:
    endpoint = Endpoint(failure=b"no such column")
    with pytest.raises(RefusedError, match="no such column"):
        ask(endpoint)
    assert endpoint.objects == {}
    with pytest.raises(RefusedError, match="no answer within 5 seconds"):
        ask(Endpoint(), timeout_seconds=5)


def test_a_refused_request_does_not_stop_the_next() -> None:
    def refuse(_body: bytes) -> tuple[bytes, str]:
        raise RefusedError("no")

    tally = Tally()
    assert [answer for _, answer in predictions(refuse, [Batch(body=b"1", rows=1)], tally)] == [None]
    assert tally.errors == [(1, "no")]


def test_only_an_asynchronous_endpoint_has_an_output_path() -> None:
    sagemaker = client("sagemaker")
    body = {
        "EndpointName": "churn",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/churn",
        "EndpointStatus": "InService",
        "CreationTime": 0,
        "LastModifiedTime": 0,
    }
    config = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/out"}}}
    with Stubber(sagemaker) as stubber:
        stubber.add_response("describe_endpoint", {**body, **config}, {"EndpointName": ANY})
        assert output_path(sagemaker, "churn") == "s3://b/out"
        stubber.add_response("describe_endpoint", body)
        assert output_path(sagemaker, "churn") is None
        stubber.add_client_error("describe_endpoint", "AccessDeniedException")
        assert output_path(sagemaker, "churn") is None
        stubber.add_client_error("describe_endpoint", "ThrottlingException")
        with pytest.raises(ClientError):
            output_path(sagemaker, "churn")
