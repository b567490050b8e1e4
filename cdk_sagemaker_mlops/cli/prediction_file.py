"""The file that predictions are written into, row by row with what was sent."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cdk_sagemaker_mlops.deployed.predictions import Answer
from cdk_sagemaker_mlops.deployed.request_batches import CSV, Batch
from cdk_sagemaker_mlops.errors import Problem, ValidationError


class PredictionFile:
    """Writes answers as they come; as a context manager it is closed when the block ends.

    A request that failed leaves an empty row for each of its rows, so that line n belongs to row n.

    Args:
        asked: The file that was sent.
        output: Where to write. ``None``: beside it, with a suffix that says what came back.
    """

    def __init__(self, asked: str, output: Path | None) -> None:
        self._asked = asked
        self._output = output
        self._stream: IO[str] | None = None
        self._kind: str | None = None
        self._owed: list[Batch] = []

    @property
    def path(self) -> Path | None:
        """Where it was written; ``None`` when nothing came back."""
        return None if self._stream is None else self._output

    def add(self, batch: Batch, answer: Answer | None) -> None:
        """Writes the answer to one request; ``None`` for one that failed."""
        if self._stream is None:
            if answer is None:
                # What kind of file it will be, the first answer tells.
                self._owed.append(batch)
                return
            self._open(answer.content_type)
        self._write(lines_for(batch, answer, self._kind))

    def _open(self, kind: str) -> None:
        self._kind = kind
        if self._output is None:
            suffix = ".csv" if kind == CSV else ".jsonl"
            self._output = Path(self._asked).with_suffix(f".predictions{suffix}")
        self._stream = self._output.open("w", encoding="utf-8")
        for batch in self._owed:
            self._write(lines_for(batch, None, kind))

    def _write(self, lines: tuple[str, ...]) -> None:
        if self._stream is not None:
            self._stream.writelines(f"{line}\n" for line in lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


def require_other_file(asked: str, output: Path | None) -> None:
    """Makes sure that predictions are not written over what is sent.

    Raises:
        ValidationError: Both are the same file.
    """
    if output is not None and output.exists() and Path(asked).exists() and output.samefile(asked):
        raise ValidationError(
            Problem(
                code="OutputIsInput",
                parameter="--output",
                rule="be another file than the one that is sent",
                value=str(output),
                fix="name another file",
            )
        )


def lines_for(batch: Batch, answer: Answer | None, kind: str | None) -> tuple[str, ...]:
    """Gives the lines of one request.

    Args:
        batch: The request.
        answer: Its answer. ``None`` when it failed.
        kind: Content type of the whole. ``None`` when it is not known yet.
    """
    if answer is not None:
        return answer.lines
    return ("" if kind == CSV else "null",) * batch.rows
