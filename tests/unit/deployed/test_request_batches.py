"""Files, made into requests."""

from __future__ import annotations

import json

import pytest

from cdk_sagemaker_mlops.deployed import request_batches
from cdk_sagemaker_mlops.deployed.request_batches import Batch, guess_content_type, split
from cdk_sagemaker_mlops.errors import ValidationError


@pytest.mark.parametrize(
    ("name", "start", "expected"),
    [
        ("rows.CSV", b"", "text/csv"),
        ("a.json", b"", "application/json"),
        ("a.jsonl", b"", "application/jsonlines"),
        ("a.ndjson", b"", "application/jsonlines"),
        ("-", b"1,2\n", "text/csv"),
        ("-", b"1.5\n", "text/csv"),
        ("-", b'{"a": 1}\n', "application/json"),
        ("-", b'{"a": 1}\n{"a": 2}\n', "application/jsonlines"),
        ("-", b'{\n"a": 1}', "application/json"),
        ("-", b"[1, 2]", "application/json"),
        ("-", b"hello\n", None),
        ("image.png", b"\x89PNG\n", None),
    ],
)
def test_the_content_type_is_guessed(name: str, start: bytes, expected: str | None) -> None:
    assert guess_content_type(name, start) == expected


def bodies(content: bytes, content_type: str, *, rows: int = 2, header: bool | None = None) -> list[Batch]:
    return list(split(content.splitlines(keepends=True), content_type=content_type, rows=rows, header=header))


def test_csv_is_split_by_rows_and_the_last_needs_no_line_end() -> None:
    assert bodies(b"1,2\n\n3,4\n5,6", "text/csv; charset=utf-8") == [
        Batch(body=b"1,2\n3,4\n", rows=2),
        Batch(body=b"5,6\n", rows=1),
    ]


def test_a_header_goes_in_front_of_each_request() -> None:
    assert bodies(b"a,b\n1,2\n3,4\n5,6\n", "text/csv") == [
        Batch(body=b"a,b\n1,2\n3,4\n", rows=2),
        Batch(body=b"a,b\n5,6\n", rows=1),
    ]
    assert bodies(b"a,b\nc,d\n", "text/csv")[0].rows == 2
    assert bodies(b"a,b\nc,d\n", "text/csv", header=True) == [Batch(body=b"a,b\nc,d\n", rows=1)]
    assert bodies(b"a,b\n1,2\n", "text/csv", header=False)[0].rows == 2


def test_a_quoted_field_may_run_across_lines() -> None:
    assert bodies(b'1,"a\nb"\n2,"c"\n3,d\n', "text/csv") == [
        Batch(body=b'1,"a\nb"\n2,"c"\n', rows=2),
        Batch(body=b"3,d\n", rows=1),
    ]


def test_json_lines_are_split_by_lines() -> None:
    assert [batch.rows for batch in bodies(b"[1]\n[2]\n\n[3]\n", "application/jsonlines")] == [2, 1]


def test_json_is_split_by_the_elements_of_its_list() -> None:
    assert [json.loads(batch.body) for batch in bodies(b"[[1], [2], [3]]", "application/json")] == [
        [[1], [2]],
        [[3]],
    ]
    whole = b'{"instances": [1, 2, 3], "threshold": 0.5}'
    assert [json.loads(batch.body) for batch in bodies(whole, "application/json")] == [
        {"instances": [1, 2], "threshold": 0.5},
        {"instances": [3], "threshold": 0.5},
    ]


def test_what_cannot_be_split_is_sent_as_it_is() -> None:
    assert bodies(b'{"text":\n "a"}', "application/json") == [Batch(body=b'{"text":\n "a"}', rows=1)]
    assert bodies(b"\x89PNG\n\x00", "image/png") == [Batch(body=b"\x89PNG\n\x00", rows=1)]


def test_fails_on_what_is_not_json() -> None:
    with pytest.raises(ValidationError, match="FILE must be JSON"):
        bodies(b"{oops", "application/json")


def test_a_request_stays_below_what_an_endpoint_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_batches, "_MOST_BYTES", 10)
    assert [batch.rows for batch in bodies(b"1,2\n3,4\n5,6\n", "text/csv", rows=100)] == [2, 1]


def test_an_empty_file_makes_no_request() -> None:
    assert bodies(b"", "text/csv") == []
