from __future__ import annotations

import re
from typing import Any

import pytest

from cdk_sagemaker_mlops.config.smoke_test import SmokeTest
from cdk_sagemaker_mlops.errors import ValidationError


def test_a_request_in_a_form_that_json_can_hold() -> None:
    assert SmokeTest(payload="1,2,3\n").smoke_test() == {
        "Body": "MSwyLDMK",
        "ContentType": "text/csv",
        "TimeoutInSeconds": 60,
    }
    assert SmokeTest(
        payload=b"\x00\xff",
        content_type="application/x-npy",
        accept="application/json",
        expect="probability",
        timeout_in_seconds=5,
    ).smoke_test() == {
        "Body": "AP8=",
        "ContentType": "application/x-npy",
        "Accept": "application/json",
        "Expect": {"Contains": "probability"},
        "TimeoutInSeconds": 5,
    }


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (re.compile(r"0\.\d+"), r"0\.\d+"),
        (re.compile("yes|no", re.IGNORECASE | re.DOTALL), "(?is)yes|no"),
        (re.compile("(?i)yes", re.MULTILINE), "(?im)yes"),
        (re.compile("(?i:y)es", re.ASCII), "(?a)(?i:y)es"),
    ],
)
def test_a_pattern_keeps_its_flags(pattern: re.Pattern[str], written: str) -> None:
    assert SmokeTest(payload="1", expect=pattern).smoke_test()["Expect"] == {"Regex": written}
    assert re.compile(written).flags == pattern.flags


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"payload": ""},
            "InvalidPayload: smoke_test.payload must be a text or bytes, known when the app is synthesised, "
            "got ''; give a row of data that the model has an answer to",
        ),
        (
            {"payload": "${Token[TOKEN.27]}"},
            "InvalidPayload: smoke_test.payload must be a text or bytes, known when the app is synthesised, "
            "got '${Token[TOKEN.27]}'; give a row of data that the model has an answer to",
        ),
        (
            {"expect": ""},
            "InvalidExpectation: smoke_test.expect must not be empty, got ''; leave it out to accept any answer",
        ),
        (
            {"expect": re.compile(b"1")},
            "InvalidExpectation: smoke_test.expect must be a pattern of text, got re.compile(b'1'); "
            "compile it from a str: the answer is read as UTF-8",
        ),
        (
            {"content_type": ""},
            "InvalidContentType: smoke_test.content_type must be a string of 1 to 1024 characters, got ''; "
            "use one such as 'text/csv'",
        ),
        (
            {"timeout_in_seconds": 181},
            "InvalidTimeout: smoke_test.timeout_in_seconds must be a whole number from 1 to 180 seconds, got 181; "
            "send a request that the model answers quickly",
        ),
    ],
)
def test_fails_when_a_value_cannot_be_sent_or_compared(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SmokeTest(**{"payload": "1", **options})
    assert str(raised.value) == text


def test_fails_on_values_of_another_type() -> None:
    with pytest.raises(TypeError, match=r"smoke_test.payload must be str or bytes; got dict instead"):
        SmokeTest(payload={"a": 1})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"smoke_test.expect must be str or Pattern or None; got float"):
        SmokeTest(payload="1", expect=0.5)  # type: ignore[arg-type]
