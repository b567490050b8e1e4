"""What jobs read and write in S3: the artifact bucket, the input data, and other places that steps name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aws_cdk import Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.definition import placeholders

_READ = ("s3:GetObject",)
_WRITE = ("s3:PutObject", "s3:AbortMultipartUpload")
# Also inside of longer texts, as script mode has them: '"s3://bucket/code.tar.gz"'.
_URI = re.compile(r"s3://([^\s\"'/,]+)(/[^\s\"',]*)?")
# Members that are a location and nothing else: a value that is known only at deployment is one there.
_LOCATIONS = frozenset({"ModelDataUrl", "S3OutputPath", "S3Uri"})
# Below these, jobs write. They also read there: a checkpoint, the output of the step before.
_WRITTEN = ("Output", "CheckpointConfig")


def bucket_statements(bucket: s3.IBucket) -> Iterator[iam.PolicyStatement]:
    """Yields the use of the artifact bucket."""
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn])
    yield iam.PolicyStatement(actions=[*_READ, *_WRITE], resources=[bucket.arn_for_objects("*")])


def input_data_statements(stack: Stack, uri: str | None) -> Iterator[iam.PolicyStatement]:
    """Yields the reading of input data that lies outside of the artifact bucket."""
    if uri is None or uri.startswith(f"s3://{placeholders.BUCKET}/"):
        return
    bucket, objects = _arns(stack, uri)
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket])
    yield iam.PolicyStatement(actions=list(_READ), resources=[objects])


def location_statements(defined: DefinedSteps, input_data_uri: str | None) -> Iterator[iam.PolicyStatement]:
    """Yields the use of other buckets that steps name, in their arguments or by a parameter's default."""
    found = {
        (uri, any(part in member for member in path for part in _WRITTEN))
        for path, value in defined.texts_in_steps()
        for uri in _uris(path[-1], value)
    }
    places = [
        (*_arns(defined.stack, text), written)
        for text, written in sorted({(defined.text(uri), written) for uri, written in found})
        if text != input_data_uri
    ]
    if not places:
        return
    buckets = dict.fromkeys(bucket for bucket, _, _ in places)
    objects = dict.fromkeys(objects for _, objects, _ in places)
    written = dict.fromkeys(objects for _, objects, written in places if written)
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=list(buckets))
    yield iam.PolicyStatement(actions=list(_READ), resources=list(objects))
    if written:
        yield iam.PolicyStatement(actions=list(_WRITE), resources=list(written))


def _uris(member: str, value: str) -> Iterator[str]:
    if member in _LOCATIONS and placeholders.is_custom(value):
        yield value
    for uri in _URI.finditer(value):
        if uri[1] != placeholders.BUCKET:
            yield uri[0]


def _arns(stack: Stack, uri: str) -> tuple[str, str]:
    """Returns the ARNs of the bucket, and of all objects below the URI."""
    partition = stack.partition
    if not uri.startswith("s3://"):
        # "s3:", "", "<bucket>", ...: the only parts that can be taken from a URI known at deployment.
        bucket, prefix = Fn.select(2, Fn.split("/", uri)), Fn.select(1, Fn.split("s3://", uri))
        return f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{prefix}*"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/{key}*"
