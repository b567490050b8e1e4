from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.cloudformation.deployment_files import (
    Source,
    content_type,
    read_deployment,
    replace_markers,
    unpack,
)

_PROPERTIES: dict[str, Any] = {
    "SourceBucketNames": ["assets", "assets"],
    "SourceObjectKeys": ["one.zip", "two.zip"],
    "DestinationBucketName": "bucket",
}


def test_a_deployment_has_the_handler_s_defaults() -> None:
    deployment = read_deployment(_PROPERTIES)

    assert [source.key for source in deployment.sources] == ["one.zip", "two.zip"]
    assert (deployment.extract, deployment.prune, deployment.retain_on_delete) == (True, True, True)
    assert deployment.attributes == {
        "DestinationBucketArn": "arn:aws:s3:::bucket",
        "SourceObjectKeys": ["one.zip", "two.zip"],
    }


@pytest.mark.parametrize("value", ["false", False])
def test_flags_are_read_as_text_and_as_booleans(value: object) -> None:
    flags = {"Extract": value, "Prune": value, "RetainOnDelete": value, "OutputObjectKeys": value}

    deployment = read_deployment({**_PROPERTIES, **flags})

    assert (deployment.extract, deployment.prune, deployment.retain_on_delete) == (False, False, False)
    assert deployment.attributes["SourceObjectKeys"] == []


@pytest.mark.parametrize(
    ("prefix", "key"), [("", "a/b"), ("/", "a/b"), ("code", "code/a/b"), ("code/", "code/a/b")]
)
def test_keys_are_below_the_prefix(prefix: str, key: str) -> None:
    deployment = read_deployment({**_PROPERTIES, "DestinationBucketKeyPrefix": prefix})

    assert deployment.key("a/b") == key


def test_an_included_file_is_taken_in_again() -> None:
    deployment = read_deployment({**_PROPERTIES, "Exclude": ["*"], "Include": ["*.py"]})

    assert [name for name in ("a.py", "b.txt", "c/d.py") if deployment.selects(name)] == ["a.py", "c/d.py"]


def test_an_excluded_file_is_left_out() -> None:
    deployment = read_deployment({**_PROPERTIES, "Exclude": ["*.pyc"]})

    assert [name for name in ("a.py", "b/c.pyc") if deployment.selects(name)] == ["a.py"]


def test_markers_are_replaced_in_every_file(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.txt", "name=<<marker:1>> <<marker:1>>")
        opened.writestr("sub/b.bin", b"\xff<<marker:2>>\x00")
    source = Source("b", "k", {"<<marker:1>>": 'x"y', "<<marker:2>>": "z"}, json_escape=False)

    unpack(archive, tmp_path, source)

    assert (tmp_path / "a.txt").read_text() == 'name=x"y x"y'
    assert (tmp_path / "sub/b.bin").read_bytes() == b"\xffz\x00"


@pytest.mark.parametrize(
    ("value", "expected"), [('x"y\n', b'{"a": "x\\"y\\n"}'), (5, b'{"a": "5"}'), ([1], b'{"a": "[1]"}')]
)
def test_markers_are_escaped_for_json(value: Any, expected: bytes) -> None:
    source = Source("b", "k", {"<<m>>": value}, json_escape=True)

    assert replace_markers(b'{"a": "<<m>>"}', source) == expected


def test_a_member_cannot_leave_the_folder(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("../outside.txt", "text")
    folder = tmp_path / "folder"

    unpack(archive, folder, Source("b", "k", {}, json_escape=False))

    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.json", "application/json"),
        ("a.csv", "text/csv"),
        ("a.tar.gz", "application/x-tar"),
        ("a.unknown-kind", "binary/octet-stream"),
    ],
)
def test_content_types_are_guessed_from_names(key: str, expected: str) -> None:
    assert content_type(key) == expected
