"""ARNs of places in S3 that are known by their URI."""

from __future__ import annotations

import re

from aws_cdk import Fn, Stack
from constructs import IConstruct

from cdk_sagemaker_mlops.config import checks

# s3://bucket/key, https://bucket.s3.region.amazonaws.com/key, https://s3.region.amazonaws.com/bucket/key
_URI = re.compile(
    r"(?:s3://|https://s3[.-][^/]+/)(?P<bucket>[^/]+)(?:/(?P<key>.*))?"
    r"|https://(?P<host>[^/]+?)\.s3[.-][^/]+(?:/(?P<path>.*))?"
)


def object_arns(construct: IConstruct, uri: str) -> str:
    """Returns the ARN pattern of the objects whose names start with a URI.

    Args:
        construct: A construct of the stack concerned.
        uri: The URI; it may be a token, or contain tokens.
    """
    arn = f"arn:{Stack.of(construct).partition}:s3:::"
    match = _URI.fullmatch(uri)
    if match is None:
        # A token for the whole URI: everything after its scheme.
        return f"{arn}{Fn.select(1, Fn.split('s3://', uri))}*" if checks.is_token(uri) else f"{arn}{uri}*"
    bucket = match["bucket"] or match["host"]
    return f"{arn}{bucket}/{match['key'] or match['path'] or ''}*"
