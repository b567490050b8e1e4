"""`cdk-mlops invoke`."""

from __future__ import annotations

import itertools
import json as json_text
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import ClientError
from rich.console import Console
from rich.progress import Progress

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.prediction_file import PredictionFile, lines_for, require_other_file
from cdk_sagemaker_mlops.cli.screen import counted
from cdk_sagemaker_mlops.deployed.asynchronous import asynchronous_sender, output_path
from cdk_sagemaker_mlops.deployed.predictions import Answer, Ask, Tally, is_missing, predictions, sender
from cdk_sagemaker_mlops.deployed.request_batches import SUFFIXES, Batch, guess_content_type, split
from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError

_STDIN = "-"
_SHOWN_ERRORS = 3
_LOOKED_AT = 65536


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is sent.

    Args:
        file: The file's name, or ``-`` for standard input.
        content_type: Its content type. ``None`` to guess it.
        accept: Content type wanted back. ``None`` for the model's own choice.
        rows: Most rows of a request.
        header: Whether CSV begins with a header. ``None`` to guess.
        output: Where predictions are written. ``None``: beside the file when it takes several requests, else
            to standard output.
    """

    file: str
    content_type: str | None
    accept: str | None
    rows: int
    header: bool | None
    output: Path | None


def invoke(where: Where, asking: Asking, *, json: bool, verbose: bool) -> int:
    """Sends a file to the endpoint.

    Args:
        where: Which pipeline's endpoint.
        asking: What to send.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        require_other_file(asking.file, asking.output)
        with _opened(asking.file) as (stream, size):
            _send(operation, asking, stream, size)

    return operate(body, where, json=json, verbose=verbose)


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if name == _STDIN:
        yield sys.stdin.buffer, None
        return
    file = Path(name)
    if not file.is_file() or file.stat().st_size == 0:
        raise ValidationError(
            Problem(
                code="NothingToSend",
                parameter="FILE",
                rule="be a file that is not empty, or - for standard input",
                value=name,
                fix="give a file of rows, such as data.csv",
            )
        )
    with file.open("rb") as stream:
        yield stream, file.stat().st_size


def _send(operation: Operation, asking: Asking, stream: BinaryIO, size: int | None) -> None:
    start = list(itertools.islice(stream, 2))
    content_type = _content_type(asking, b"".join(start)[:_LOOKED_AT])
    lines = itertools.chain(start, stream)
    batches = split(lines, content_type=content_type, rows=asking.rows, header=asking.header)
    endpoint = _endpoint_name(operation)
    ask = _asker(operation, endpoint, content_type=content_type, accept=asking.accept)
    first_two = list(itertools.islice(batches, 2))
    asked: Iterable[Batch] = itertools.chain(first_two, batches)
    tally = Tally()
    answered = predictions(ask, _counted(asked, size), tally)
    try:
        written = _write(operation, asking, answered, several=len(first_two) > 1)
    except ClientError as error:
        if is_missing(error):
            raise OperationError(_nothing_there(endpoint)) from error
        raise
    _tell(operation, tally, endpoint=endpoint, content_type=content_type, written=written)


def _asker(operation: Operation, endpoint: str, *, content_type: str, accept: str | None) -> Ask:
    runtime = operation.account.client("sagemaker-runtime")
    output = output_path(operation.sagemaker, endpoint)
    if output is None:
        return sender(runtime, endpoint, content_type=content_type, accept=accept)
    return asynchronous_sender(
        runtime,
        operation.account.client("s3"),
        endpoint,
        output=output,
        content_type=content_type,
        accept=accept,
        poll_seconds=operation.poll_seconds,
    )


def _nothing_there(endpoint: str) -> Problem:
    return Problem(
        code="NoEndpoint",
        parameter=f"endpoint {endpoint}",
        rule="exist",
        value=None,
        fix="approve a version with cdk-mlops approve; cdk-mlops status tells more",
    )


def _content_type(asking: Asking, start: bytes) -> str:
    guessed = guess_content_type(asking.file, start) if asking.content_type is None else asking.content_type
    if guessed is None:
        raise ValidationError(
            Problem(
                code="UnknownContentType",
                parameter="--content-type",
                rule=f"be given when FILE does not end in {', '.join(SUFFIXES)} and is not like any of them",
                value=asking.file,
                fix="add it, such as --content-type text/csv",
            )
        )
    return guessed


def _endpoint_name(operation: Operation) -> str:
    name = operation.pipeline.endpoint_name
    if name is None:
        raise OperationError(
            Problem(
                code="NoEndpoint",
                parameter=operation.pipeline.path,
                rule="deploy to an endpoint",
                value=name,
                fix="choose another with --stack",
            )
        )
    return name


def _counted(batches: Iterable[Batch], size: int | None) -> Iterator[Batch]:
    """Shows a bar, by bytes, while requests are taken; none where nobody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from batches
        return
    with Progress(console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("Asking the endpoint", total=size)
        for batch in batches:
            yield batch
            bar.advance(task, len(batch.body))


def _write(
    operation: Operation,
    asking: Asking,
    answered: Iterator[tuple[Batch, Answer | None]],
    *,
    several: bool,
) -> Path | None:
    """Writes what comes back, as it comes: to a file, or to standard output."""
    if asking.output is not None or (several and asking.file != _STDIN):
        with PredictionFile(asking.file, asking.output) as file:
            for batch, answer in answered:
                file.add(batch, answer)
            return file.path
    predicted: list[Any] = []
    operation.answer["predictions"] = predicted
    for batch, answer in answered:
        lines = lines_for(batch, answer, None)
        predicted += [_value(line) for line in lines]
        if not operation.json and answer is not None:
            sys.stdout.writelines(f"{line}\n" for line in lines)
    return None


def _value(line: str) -> Any:
    try:
        return json_text.loads(line)
    except ValueError:
        return line


def _tell(
    operation: Operation, tally: Tally, *, endpoint: str, content_type: str, written: Path | None
) -> None:
    operation.answer.update(
        endpoint=endpoint,
        content_type=content_type,
        rows=tally.rows,
        failed_rows=tally.failed_rows,
        requests=tally.requests,
        seconds=round(tally.seconds, 3),
        errors=[{"first_row": row, "message": message} for row, message in tally.errors],
        output=None if written is None else str(written),
    )
    where = "" if written is None else f"; predictions are in {written}"
    operation.note(
        f"{counted(tally.rows, 'row')} in {tally.seconds:.2f} s,"
        f" {counted(tally.requests, 'request')}, {tally.failed_rows} failed{where}"
    )
    if tally.errors:
        told = "; ".join(f"from row {row}: {message}" for row, message in tally.errors[:_SHOWN_ERRORS])
        raise OperationError(
            Problem(
                code="RequestsFailed",
                parameter=f"{len(tally.errors)} of {tally.requests} requests",
                rule="be answered by the endpoint",
                value=told,
                fix="send what the model's input_fn reads, with its --content-type, or correct the model",
            )
        )
