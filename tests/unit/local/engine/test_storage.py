from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.engine.storage import split_uri


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/a/b.csv", ("bucket", "a/b.csv")),
        ("s3://bucket/a b?c#d%20e", ("bucket", "a b?c#d%20e")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket", ("bucket", "")),
    ],
)
def test_a_uri_is_a_bucket_and_a_key(uri: str, parts: tuple[str, str]) -> None:
    assert split_uri(uri) == parts


@pytest.mark.parametrize("uri", ["bucket/key", "https://bucket/key", "s3:///key", ""])
def test_fails_on_another_uri(uri: str) -> None:
    with pytest.raises(ValueError, match="not an S3 URI"):
        split_uri(uri)
