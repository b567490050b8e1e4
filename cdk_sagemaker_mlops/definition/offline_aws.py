"""Stand-ins for boto3's session, clients and resources: they record S3 uploads and refuse every other call.

The SageMaker SDK asks its session for clients while it builds a definition. With these there is no credential
lookup, no endpoint and no socket: a call that would have reached AWS raises an error that names it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, Protocol

from cdk_sagemaker_mlops.errors import DefinitionError, Problem


class UploadSink(Protocol):
    """Receives what the SDK uploads one object at a time."""

    def add_object(self, bucket: str, key: str, body: bytes) -> None:
        """Takes the content of one S3 object."""


def refuse(call: str) -> NoReturn:
    """Refuses an AWS call by its name.

    Raises:
        DefinitionError: Always.
    """
    raise DefinitionError(
        Problem(
            code="AwsCallWhileBuilding",
            parameter="pipeline",
            rule="build its definition without calling AWS",
            value=call,
            fix="give the SDK object the value that it looks up, from the PipelineContext or from CDK",
        )
    )


class OfflineClient:
    """A boto3 client that refuses every operation."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self.meta = SimpleNamespace(
            region_name=region,
            partition="aws",
            endpoint_url=f"https://{service}.{region}.amazonaws.com",
            config=SimpleNamespace(region_name=region),
        )
        # ModelBuilder adds its own name to what boto3 tells AWS of the caller.
        self._user_agent_creator = SimpleNamespace(to_string=str)

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("__"):
            raise AttributeError(operation)
        call = f"{self._service}.{operation}"
        return lambda *_args, **_kwargs: refuse(call)


class OfflineS3Client(OfflineClient):
    """boto3's S3 client: objects can be written, nothing can be read."""

    def __init__(self, region: str, sink: UploadSink) -> None:
        super().__init__("s3", region)
        self._sink = sink

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **_options: Any) -> None:  # noqa: N803 - boto3's
        """Takes one object."""
        self._sink.add_object(Bucket, Key, _content(Body))

    def upload_file(self, Filename: str, Bucket: str, Key: str, **_options: Any) -> None:  # noqa: N803 - boto3's
        """Takes one local file."""
        self._sink.add_object(Bucket, Key, Path(Filename).read_bytes())

    def upload_fileobj(self, Fileobj: Any, Bucket: str, Key: str, **_options: Any) -> None:  # noqa: N803 - boto3's
        """Takes what an open file holds."""
        self._sink.add_object(Bucket, Key, _content(Fileobj))


def _content(body: Any) -> bytes:
    content = body.read() if hasattr(body, "read") else body
    return content.encode() if isinstance(content, str) else bytes(content)


class _OfflineObject:
    def __init__(self, bucket: str, key: str, sink: UploadSink) -> None:
        self._bucket, self._key, self._sink = bucket, key, sink

    def put(self, *, Body: Any, **_options: Any) -> None:  # noqa: N803 - boto3's own name
        self._sink.add_object(self._bucket, self._key, _content(Body))

    def upload_file(self, Filename: str, **_options: Any) -> None:  # noqa: N803 - boto3's own name
        self._sink.add_object(self._bucket, self._key, Path(Filename).read_bytes())

    def __getattr__(self, operation: str) -> Any:
        return lambda *_args, **_kwargs: refuse(f"s3.Object.{operation}")


class _OfflineBucket:
    creation_date = None

    def __init__(self, bucket: str, sink: UploadSink) -> None:
        self._bucket, self._sink = bucket, sink

    def upload_fileobj(self, Fileobj: Any, Key: str, **_options: Any) -> None:  # noqa: N803 - boto3's own names
        self._sink.add_object(self._bucket, Key, _content(Fileobj))

    def __getattr__(self, operation: str) -> Any:
        return lambda *_args, **_kwargs: refuse(f"s3.Bucket.{operation}")


class OfflineS3Resource:
    """boto3's S3 resource: objects can be written, nothing can be read."""

    def __init__(self, region: str, sink: UploadSink) -> None:
        self._sink = sink
        self.meta = SimpleNamespace(client=OfflineS3Client(region, sink))

    def Object(self, bucket_name: str, key: str) -> _OfflineObject:  # noqa: N802 - boto3's own name
        """Returns an object that can be written."""
        return _OfflineObject(bucket_name, key, self._sink)

    def Bucket(self, name: str) -> _OfflineBucket:  # noqa: N802 - boto3's own name
        """Returns a bucket that can be written to."""
        return _OfflineBucket(name, self._sink)


class OfflineSession:
    """boto3's ``Session`` without AWS.

    Args:
        region: Region that clients claim to be in.
        sink: Where written S3 objects go.
    """

    profile_name = "default"

    def __init__(self, region: str, sink: UploadSink) -> None:
        self.region_name = region
        self._sink = sink

    def client(self, service_name: str, *_args: Any, **_options: Any) -> OfflineClient:
        """Returns a client that refuses every operation; S3's takes uploads."""
        if service_name == "s3":
            return OfflineS3Client(self.region_name, self._sink)
        return OfflineClient(service_name, self.region_name)

    def resource(self, service_name: str, *_args: Any, **_options: Any) -> Any:
        """Returns S3's resource, or one that refuses everything."""
        if service_name == "s3":
            return OfflineS3Resource(self.region_name, self._sink)
        return OfflineClient(service_name, self.region_name)

    def get_credentials(self) -> None:
        """Returns no credentials: there are none, and none are looked for."""

    def get_partition_for_region(self, _region_name: str) -> str:
        """Returns the partition that the placeholder region belongs to."""
        return "aws"
