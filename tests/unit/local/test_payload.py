"""The request that a run sends, and the label it should come back with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local.payload import find_payload


def refusal(folder: Path, **options: object) -> str:
    with pytest.raises(ValidationError) as caught:
        find_payload(folder, **options)
    return str(caught.value)


def test_a_csv_payload_of_the_folder_is_found_before_a_json_one(tmp_path: Path) -> None:
    (tmp_path / "payload.csv").write_text("1,2\n")
    (tmp_path / "payload.json").write_text("{}")
    found = find_payload(tmp_path)
    assert (found.body, found.content_type, found.expected) == (b"1,2\n", "text/csv", None)


def test_the_true_label_is_beside_the_payload(tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text("{}")
    (tmp_path / "payload.expected").write_text("benign \n")
    found = find_payload(tmp_path)
    assert (found.content_type, found.expected) == ("application/json", "benign")


def test_a_folder_without_a_payload_has_none(tmp_path: Path) -> None:
    assert find_payload(tmp_path) is None


def test_a_named_file_comes_first_and_any_suffix_goes_with_a_content_type(tmp_path: Path) -> None:
    (tmp_path / "payload.csv").write_text("1")
    row = tmp_path / "one row.npy"
    row.write_bytes(b"\x93NUMPY")
    found = find_payload(tmp_path, file=row, content_type="application/x-npy")
    assert (found.body, found.content_type) == (b"\x93NUMPY", "application/x-npy")


def test_a_content_type_applies_to_the_folder_s_payload_too(tmp_path: Path) -> None:
    (tmp_path / "payload.csv").write_text("1")
    assert (
        find_payload(tmp_path, content_type="text/csv; header=absent").content_type
        == "text/csv; header=absent"
    )


def test_fails_when_the_named_file_does_not_exist(tmp_path: Path) -> None:
    missing = tmp_path / "row.csv"
    assert refusal(tmp_path, file=missing) == (
        f"PayloadNotFound: --payload must be a file, got {str(missing)!r}; give a file that holds one request"
    )


def test_fails_when_the_file_is_empty(tmp_path: Path) -> None:
    empty = tmp_path / "payload.csv"
    empty.write_text("")
    assert refusal(tmp_path) == (
        f"EmptyPayload: --payload must hold at least one byte, got {str(empty)!r};"
        " write one request into it, such as a line of comma-separated values"
    )


def test_fails_when_nothing_says_the_content_type(tmp_path: Path) -> None:
    odd = tmp_path / "row.txt"
    odd.write_text("1")
    assert refusal(tmp_path, file=odd) == (
        "UnknownContentType: --payload must end in .csv or .json when --content-type is not given, got"
        f" {str(odd)!r}; add --content-type"
    )
