"""Uploads are taken by whichever of boto3's ways; every other call is refused by name."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition.offline_aws import OfflineSession
from cdk_sagemaker_mlops.errors import DefinitionError


class _Sink:
    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []

    def add_object(self, bucket: str, key: str, body: bytes) -> None:
        self.taken.append((bucket, key, body))


UPLOADS: dict[str, Callable[[Any, Any, Path], None]] = {
    "client.put_object": lambda client, _, __: client.put_object(Bucket="b", Key="k", Body=b"x"),
    "client.upload_file": lambda client, _, path: client.upload_file(str(path), "b", "k"),
    "client.upload_fileobj": lambda client, _, __: client.upload_fileobj(io.BytesIO(b"x"), "b", "k"),
    "object.put text": lambda _, resource, __: resource.Object("b", "k").put(Body="x"),
    "object.put file": lambda _, resource, __: resource.Object("b", "k").put(Body=io.StringIO("x")),
    "object.upload_file": lambda _, resource, path: resource.Object("b", "k").upload_file(str(path)),
    "bucket.upload_fileobj": lambda _, resource, __: resource.Bucket("b").upload_fileobj(
        io.BytesIO(b"x"), "k"
    ),
}


@pytest.mark.parametrize("way", UPLOADS)
def test_takes_an_upload(way: str, tmp_path: Path) -> None:
    sink = _Sink()
    session = OfflineSession("eu-west-1", sink)
    (tmp_path / "file").write_bytes(b"x")

    UPLOADS[way](session.client("s3"), session.resource("s3"), tmp_path / "file")

    assert sink.taken == [("b", "k", b"x")]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda session: session.client("s3").get_object(Bucket="b"), "s3.get_object"),
        (lambda session: session.client("sts").get_caller_identity(), "sts.get_caller_identity"),
        (lambda session: session.resource("s3").Object("b", "k").get(), "s3.Object.get"),
        (lambda session: session.resource("s3").Bucket("b").create(), "s3.Bucket.create"),
        (lambda session: session.resource("dynamodb").Table("t"), "dynamodb.Table"),
    ],
)
def test_fails_on_any_other_call(call: Callable[[OfflineSession], Any], name: str) -> None:
    with pytest.raises(DefinitionError, match=f"got '{name}'"):
        call(OfflineSession("eu-west-1", _Sink()))


def test_says_where_it_is() -> None:
    session = OfflineSession("eu-west-1", _Sink())

    assert session.client("s3").meta.region_name == "eu-west-1"
    assert session.resource("s3").meta.client.meta.endpoint_url == "https://s3.eu-west-1.amazonaws.com"
    assert session.get_partition_for_region("eu-west-1") == "aws"
    assert session.client("sagemaker")._user_agent_creator.to_string() == ""
    with pytest.raises(AttributeError):
        session.client("s3").__deepcopy__()
