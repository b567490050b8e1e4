"""Requests, sent one after the other."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cdk_sagemaker_mlops.deployed.predictions import Answer, Tally, predictions, read_answer
from cdk_sagemaker_mlops.deployed.request_batches import Batch

BATCHES = [Batch(body=b"good", rows=2), Batch(body=b"bad", rows=2), Batch(body=b"good", rows=1)]


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "InvokeEndpoint")


def ask(body: bytes) -> tuple[bytes, str]:
    if body == b"bad":
        raise refusal("ModelError", "expected 30 columns,\n got 2")
    return b"1\n", "text/csv"


def test_a_request_that_fails_does_not_stop_the_next() -> None:
    tally = Tally()
    ticks = iter(range(10))
    answers = [answer for _, answer in predictions(ask, BATCHES, tally, clock=lambda: float(next(ticks)))]
    assert answers == [Answer(lines=("1",), content_type="text/csv"), None, answers[0]]
    assert (tally.rows, tally.failed_rows, tally.requests, tally.seconds) == (3, 2, 3, 3.0)
    assert tally.errors == [(3, "expected 30 columns, got 2")]


@pytest.mark.parametrize(
    "error",
    [refusal("AccessDeniedException"), refusal("ValidationError", "Endpoint churn of account 1 not found.")],
)
def test_what_holds_for_every_request_stops_it(error: ClientError) -> None:
    def fail(_body: bytes) -> tuple[bytes, str]:
        raise error

    with pytest.raises(ClientError):
        list(predictions(fail, BATCHES, Tally()))


def test_an_endpoint_that_cannot_be_reached_is_told_at_once_but_a_break_later_is_counted() -> None:
    def unreachable(_body: bytes) -> tuple[bytes, str]:
        raise EndpointConnectionError(endpoint_url="https://x")

    with pytest.raises(EndpointConnectionError):
        list(predictions(unreachable, BATCHES, Tally()))
    answers = iter([lambda: (b"1", "text/csv"), lambda: unreachable(b""), lambda: (b"1", "text/csv")])
    tally = Tally()
    list(predictions(lambda body: next(answers)(), BATCHES, tally))
    assert (tally.rows, tally.failed_rows) == (3, 2)


@pytest.mark.parametrize(
    ("body", "content_type", "rows", "lines"),
    [
        (b"1,0.5\n0,0.7\n", "text/csv; charset=utf-8", 2, ("1,0.5", "0,0.7")),
        (b'{"predictions": [{"a": 1}, {"a": 2}]}', "application/json", 2, ('{"a": 1}', '{"a": 2}')),
        (b"[1, 2]", "application/json", 2, ("1", "2")),
        (b"[1, 2]", "application/json", 3, ("[1, 2]",)),
        (b"1\n\n2\n", "application/jsonlines", 2, ("1", "2")),
        ("é".encode(), "text/plain", 1, ('"é"',)),
    ],
)
def test_an_answer_is_one_line_a_row_where_it_can_be(
    body: bytes, content_type: str, rows: int, lines: tuple[str, ...]
) -> None:
    assert read_answer(body, content_type, rows=rows).lines == lines
