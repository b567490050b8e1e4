"""What the endpoint answers, where its messages go, and S3."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

from botocore.response import StreamingBody

from .errors import ApiError
from .scaling import Scaling
from .state import ACCOUNT, page

_SERVES = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})
_ERROR_OF = {400: "ModelError", 424: "ModelError", 500: "ModelError", 503: "ServiceUnavailable"}


class DataPlane(Scaling):
    """InvokeEndpoint, SNS, EventBridge, SQS and S3."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.answer_of: Callable[[str, bytes], tuple[int, bytes]] = lambda _config, _body: (200, b"ok")
        """From the endpoint config served, and a request's body: the model's status and answer."""
        self.messages: list[dict[str, Any]] = []
        self.sent_events: list[dict[str, Any]] = []
        self.lose_events = 0
        self.queues: dict[str, dict[str, int]] = {}
        self.in_flight: Callable[[str], int] = lambda _url: 0

    # SageMaker's runtime

    def _invoke_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._serving(params["EndpointName"])
        if "AsyncInferenceConfig" in endpoint:
            words = f"Endpoint {params['EndpointName']} is asynchronous; use InvokeEndpointAsync."
            raise ApiError("ValidationError", words)
        self._tick()
        status, body = self.answer_of(endpoint["EndpointConfigName"], _bytes(params["Body"]))
        if status != 200:
            words = f"Received server error ({status}) from primary with message {body.decode()!r}."
            raise ApiError(_ERROR_OF[status], words, 503 if status == 503 else 424)
        variant = endpoint["ProductionVariants"][0]["VariantName"]
        return {"Body": _stream(body), "ContentType": "text/csv", "InvokedProductionVariant": variant}

    def _invoke_endpoint_async(self, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._serving(params["EndpointName"])
        if "AsyncInferenceConfig" not in endpoint:
            words = f"Endpoint {params['EndpointName']} is not asynchronous; use InvokeEndpoint."
            raise ApiError("ValidationError", words)
        self._tick()
        source = params.get("InputLocation", "")
        body = _bytes(params["Body"]) if "Body" in params else self.objects.get(_bucket_and_key(source))
        output = endpoint["AsyncInferenceConfig"]["OutputConfig"]
        name = hashlib.sha256(f"{source}{self.now}".encode()).hexdigest()[:16]
        found = {
            "OutputLocation": f"{output.get('S3OutputPath', f's3://sagemaker-{ACCOUNT}/async').rstrip('/')}/{name}.out",
            "InferenceId": name,
        }
        if "S3FailurePath" in output:
            found["FailureLocation"] = f"{output['S3FailurePath'].rstrip('/')}/{name}.out"
        if body is None:
            status, answer = 400, b"input not found"
        else:
            status, answer = self.answer_of(endpoint["EndpointConfigName"], body)
        where = found["OutputLocation"] if status == 200 else found.get("FailureLocation")
        if where is not None:
            self.objects[_bucket_and_key(where)] = answer
        return found

    def _serving(self, name: str) -> dict[str, Any]:
        endpoint = self.endpoints.get(name)
        if endpoint is None or endpoint["EndpointStatus"] not in _SERVES:
            raise ApiError("ValidationError", f"Endpoint {name} of account {ACCOUNT} not found.")
        return endpoint

    # Messages

    def _publish(self, params: dict[str, Any]) -> dict[str, Any]:
        subject = params.get("Subject")
        if subject is not None and not (
            0 < len(subject) <= 100 and subject.isascii() and subject.isprintable() and subject[0] != " "
        ):
            raise ApiError("InvalidParameter", "Invalid parameter: Subject")
        if not 0 < len(params["Message"].encode()) <= 262_144:
            raise ApiError("InvalidParameter", "Invalid parameter: Message too long")
        if "TopicArn" not in params or not params["TopicArn"].startswith("arn:"):
            raise ApiError("InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value")
        self.messages.append(params)
        return {"MessageId": f"{len(self.messages):08d}-0000-0000-0000-000000000000"}

    def _put_events(self, params: dict[str, Any]) -> dict[str, Any]:
        """A call that succeeds while its entries fail is EventBridge's own way; ``lose_events`` counts them."""
        entries: list[dict[str, Any]] = []
        for entry in params["Entries"]:
            size = sum(len(str(entry.get(key, "")).encode()) for key in ("Source", "DetailType", "Detail"))
            if size > 262_144:
                raise ApiError(
                    "ValidationException", "Total size of the entries in the request is over the limit."
                )
            missing = [key for key in ("Source", "DetailType", "Detail") if not entry.get(key)]
            if missing:
                entries.append(
                    {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {missing[0]} is not valid."}
                )
            elif not isinstance(json.loads(entry["Detail"]), dict):
                entries.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
            elif self.lose_events:
                self.lose_events -= 1
                entries.append({"ErrorCode": "InternalFailure", "ErrorMessage": "Try again."})
            else:
                self.sent_events.append(entry)
                entries.append({"EventId": f"{len(self.sent_events):08d}-0000"})
        return {"FailedEntryCount": sum("ErrorCode" in each for each in entries), "Entries": entries}

    def _get_queue_attributes(self, params: dict[str, Any]) -> dict[str, Any]:
        url = params["QueueUrl"]
        if not url.startswith(f"https://sqs.{self.region}."):
            raise ApiError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        known = {
            "ApproximateNumberOfMessages": 0,
            "ApproximateNumberOfMessagesNotVisible": self.in_flight(url),
            "ApproximateNumberOfMessagesDelayed": 0,
            **self.queues.get(url, {}),
        }
        wanted = params.get("AttributeNames", [])
        return {"Attributes": {key: str(value) for key, value in known.items() if {key, "All"} & set(wanted)}}

    # S3

    def _put_object(self, params: dict[str, Any]) -> dict[str, Any]:
        self.objects[params["Bucket"], params["Key"]] = _bytes(params.get("Body", b""))
        return {"ETag": '"etag"'}

    def _get_object(self, params: dict[str, Any]) -> dict[str, Any]:
        body = self._object(params, "NoSuchKey")
        return {"Body": _stream(body), "ContentLength": len(body), "ETag": '"etag"'}

    def _head_object(self, params: dict[str, Any]) -> dict[str, Any]:
        body = self._object(params, "404")
        return {"ContentLength": len(body), "ETag": '"etag"', "LastModified": self.now}

    def _copy_object(self, params: dict[str, Any]) -> dict[str, Any]:
        source = params["CopySource"]
        if isinstance(source, str):
            bucket, _, key = source.partition("/")
            source = {"Bucket": bucket, "Key": key}
        self.objects[params["Bucket"], params["Key"]] = self._object(source, "NoSuchKey")
        return {"CopyObjectResult": {"ETag": '"etag"'}}

    def _delete_object(self, params: dict[str, Any]) -> dict[str, Any]:
        used = f"s3://{params['Bucket']}/{params['Key']}"
        for name, configs in self._in_use().items():
            for config in configs & self.endpoint_configs.keys():
                model = self.models.get(
                    self.endpoint_configs[config]["ProductionVariants"][0]["ModelName"], {}
                )
                if any(each.get("ModelDataUrl") == used for each in model.get("Containers", [])):
                    self._harm(f"{used} deleted while endpoint {name} uses it")
        self.objects.pop((params["Bucket"], params["Key"]), None)
        return {}

    def _list_objects_v2(self, params: dict[str, Any]) -> dict[str, Any]:
        prefix = params.get("Prefix", "")
        found = [
            {"Key": key, "Size": len(body), "LastModified": self.now}
            for (bucket, key), body in sorted(self.objects.items())
            if bucket == params["Bucket"] and key.startswith(prefix)
        ]
        listed = page("Contents", found, params, size="MaxKeys", most=1000)
        return {**listed, "KeyCount": len(listed["Contents"]), "IsTruncated": "NextToken" in listed}

    def _object(self, where: dict[str, Any], code: str) -> bytes:
        found = self.objects.get((where["Bucket"], where["Key"]))
        if found is None:
            raise ApiError(code, "The specified key does not exist.", 404)
        return found


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    content: bytes = body.read()
    return content


def _stream(body: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(body), len(body))


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
