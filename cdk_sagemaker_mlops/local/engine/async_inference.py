"""InvokeEndpointAsync: the model's answer is put into S3, and told to the topics that want to know.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
"""

from __future__ import annotations

import json
import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.local.engine.context import Services, now
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.store import Record


@dataclass(frozen=True, kw_only=True)
class AsyncRequest:
    """A request whose answer goes into S3.

    Args:
        scope: Account and region of the caller.
        endpoint: The endpoint, as it was when it was called.
        input_location: ``s3://`` URI of the payload. ``None``: it is ``body``.
        body: The payload, unless it is in S3.
        content_type: Its content type.
        accept: Content type asked for.
        inference_id: The caller's name for the request. ``None``: it gets one.
    """

    scope: Scope
    endpoint: Record
    input_location: str | None
    body: bytes
    content_type: str
    accept: str
    inference_id: str | None
    identifier: str = field(init=False)
    received: datetime = field(default_factory=now)
    _object: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        given = self.inference_id
        object.__setattr__(self, "identifier", str(uuid.uuid4()) if given is None else given)

    @property
    def output_config(self) -> dict[str, Any]:
        """Where the endpoint's answers go."""
        config: dict[str, Any] = self.endpoint["AsyncInferenceConfig"]["OutputConfig"]
        return config

    @property
    def output_location(self) -> str:
        """URI that the answer is put at."""
        return f"{self.output_config['S3OutputPath'].rstrip('/')}/{self._object}.out"

    @property
    def failure_location(self) -> str | None:
        """URI that a failure is put at; ``None`` when the endpoint has no place for failures."""
        path = self.output_config.get("S3FailurePath")
        return None if path is None else f"{path.rstrip('/')}/{self._object}-error.out"


def answer_into_s3(services: Services, request: AsyncRequest) -> None:
    """Has the model answer, and puts what it said where the endpoint's config says."""
    storage = services.storage_for(request.scope)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "payload"
        status, answered = _invoke(services, request, file)
        failed = status >= 400
        location = request.failure_location if failed else request.output_location
        if location is not None:
            file.write_bytes(answered)
            storage.upload(file, location)
    _notify(services, request, answered.decode(errors="replace") if failed else None)


def _invoke(services: Services, request: AsyncRequest, file: Path) -> tuple[int, bytes]:
    body = request.body
    if request.input_location is not None:
        try:
            services.storage_for(request.scope).download(request.input_location, file)
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            return 400, f"Failed to download {request.input_location}: {error}".encode()
        body = file.read_bytes()
    fleet = services.fleets.serving(request.endpoint["EndpointArn"])
    chosen = None if fleet is None else fleet.choose()
    if chosen is None:
        return 500, b"The endpoint was deleted before it answered."
    status, _, answered = chosen[1].invoke(body, request.content_type, request.accept)
    return status, answered


def _notify(services: Services, request: AsyncRequest, failure: str | None) -> None:
    topics = request.output_config.get("NotificationConfig", {})
    topic = topics.get("SuccessTopic" if failure is None else "ErrorTopic")
    if topic is not None:
        services.publish(request.scope, topic, json.dumps(notification(request, failure)))


def notification(request: AsyncRequest, failure: str | None) -> dict[str, Any]:
    """What a topic is told about an answered request.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html

    Args:
        request: The request.
        failure: Why it failed. ``None``: it did not.
    """
    told: dict[str, Any] = {
        "awsRegion": request.scope.region,
        "eventTime": _time(now()),
        "receivedTime": _time(request.received),
        "invocationStatus": "Completed" if failure is None else "Failed",
        "requestParameters": {
            "contentType": request.content_type,
            "endpointName": request.endpoint["EndpointName"],
            "inputLocation": request.input_location,
        },
        "inferenceId": request.identifier,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if failure is None:
        return {**told, "responseParameters": {"outputLocation": request.output_location}}
    return {**told, "failureReason": failure}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
