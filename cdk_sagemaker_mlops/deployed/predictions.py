"""Asks an endpoint, request by request, and says what came back for each row."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.deployed.request_batches import CSV, Batch

# What a model, or the way to it, can refuse for one request while it answers the next.
_OF_THE_REQUEST = {"ModelError", "ValidationError", "ModelNotReadyException", "InternalDependencyException"}

Ask = Callable[[bytes], tuple[bytes, str]]


class RefusedError(Exception):
    """One request was not answered; the next may be."""


@dataclass(kw_only=True)
class Tally:
    """What was asked and answered.

    Args:
        rows: Rows that were answered.
        failed_rows: Rows of the requests that failed.
        requests: Requests that were sent.
        seconds: How long they took together.
        errors: What each failed request was answered, with the number of its first row.
    """

    rows: int = 0
    failed_rows: int = 0
    requests: int = 0
    seconds: float = 0.0
    errors: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back for one request.

    Args:
        lines: One line a row where the answer can be split so, else one line.
        content_type: ``text/csv``, or ``application/jsonlines`` for everything else.
    """

    lines: tuple[str, ...]
    content_type: str


def sender(runtime: Any, endpoint: str, *, content_type: str, accept: str | None) -> Ask:
    """Gives what sends one request to an endpoint.

    Args:
        runtime: A SageMaker runtime client.
        endpoint: The endpoint's name.
        content_type: Content type of the requests.
        accept: Content type wanted back. ``None`` for the model's own choice.
    """
    wanted = {} if accept is None else {"Accept": accept}

    def ask(body: bytes) -> tuple[bytes, str]:
        answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **wanted)
        return answer["Body"].read(), answer.get("ContentType", "")

    return ask


def predictions(
    ask: Ask, batches: Iterable[Batch], tally: Tally, *, clock: Callable[[], float] = time.perf_counter
) -> Iterator[tuple[Batch, Answer | None]]:
    """Sends each request and gives its answer; ``None`` for one that failed, and the next is sent.

    Args:
        ask: Sends a request.
        batches: The requests.
        tally: Counts what happens.
        clock: Seconds that only grow. Default: ``time.perf_counter``.

    Raises:
        botocore.exceptions.ClientError: What was refused holds for every request, such as access.
    """
    first_row = 1
    for batch in batches:
        began = clock()
        answer: Answer | None = None
        try:
            answer = read_answer(*ask(batch.body), rows=batch.rows)
            tally.rows += batch.rows
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OF_THE_REQUEST or is_missing(error):
                raise
            _note_failure(tally, batch, first_row, error.response["Error"]["Message"])
        except RefusedError as error:
            _note_failure(tally, batch, first_row, str(error))
        except BotoCoreError as error:
            if tally.requests == 0:
                raise
            _note_failure(tally, batch, first_row, str(error))
        finally:
            tally.seconds += clock() - began
            tally.requests += 1
        yield batch, answer
        first_row += batch.rows


def is_missing(error: ClientError) -> bool:
    """Whether the endpoint itself is not there: the service has no code of its own for that."""
    return error.response["Error"]["Code"] == "ValidationError" and "not found" in str(error)


def _note_failure(tally: Tally, batch: Batch, first_row: int, message: str) -> None:
    tally.failed_rows += batch.rows
    tally.errors.append((first_row, " ".join(message.split())))


def read_answer(body: bytes, content_type: str, *, rows: int) -> Answer:
    """Splits an answer into one line for each row, where it has one for each.

    Args:
        body: The answer.
        content_type: Its content type.
        rows: How many rows were asked.
    """
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("utf-8", "replace")
    if kind == CSV:
        return Answer(lines=tuple(text.splitlines()), content_type=CSV)
    return Answer(lines=tuple(_json_lines(text, kind, rows)), content_type="application/jsonlines")


def _json_lines(text: str, kind: str, rows: int) -> list[str]:
    if "jsonlines" in kind:
        return [line for line in text.splitlines() if line.strip()]
    try:
        value = json.loads(text)
    except ValueError:
        return [json.dumps(text, ensure_ascii=False)]
    each = value.get("predictions") if isinstance(value, dict) else value
    if isinstance(each, list) and len(each) == rows:
        return [json.dumps(one, ensure_ascii=False) for one in each]
    return [json.dumps(value, ensure_ascii=False)]
