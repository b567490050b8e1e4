"""What training, evaluation and inference share, so that they cannot differ.

The schema of a model, the decoding of CSV text, the conversion of a value to a number, and loading and asking
a model. Training copies this file and ``plain_numbers.py`` into the model artifact beside ``inference.py``.

Every value is a number: text classes or categories are encoded before the data gets here. Rows are counted
from 1, and a header is not a row.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from operator import methodcaller
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from plain_numbers import decode_plain

_count_commas = methodcaller("count", ",")

PROBLEM_TYPES = ("BinaryClassification", "MulticlassClassification", "Regression")
MODEL_FILE = "model.joblib"
SCHEMA_FILE = "schema.json"

_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_GIVE_NUMBERS = "give plain numbers, such as 17.99"


class InputError(ValueError):
    """Something that was given is wrong; says what, and what to do about it.

    Args:
        code: PascalCase name of the kind of problem.
        parameter: What is wrong, such as ``body row 2``.
        rule: What it must do or be, worded to follow "must".
        value: What was given; shown by its ``repr``, shortened when long.
        fix: What to do, as an imperative sentence without a full stop.
        status: HTTP status that answers a request with this problem. Default: ``400``.
    """

    def __init__(
        self, code: str, parameter: str, rule: str, value: object, fix: str, *, status: int = 400
    ) -> None:
        self.code = code
        self.status = status
        super().__init__(f"{code}: {parameter} must {rule}, got {_shortened(value)}; {fix}")


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What a model was trained on.

    Args:
        feature_names: Names of the features, in the order in which the model takes them.
        dtypes: Type of each feature, in the same order.
        target: Name of the column that the model predicts.
        problem_type: One of :data:`PROBLEM_TYPES`.
        classes: Labels in the order of the model's probabilities; empty for regression.
        scikit_learn_version: Version that trained the model, and must serve it.
    """

    feature_names: tuple[str, ...]
    dtypes: tuple[str, ...]
    target: str
    problem_type: str
    classes: tuple[int, ...]
    scikit_learn_version: str

    def save(self, model_dir: Path) -> None:
        """Writes this schema into a model's folder."""
        (model_dir / SCHEMA_FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, model_dir: Path) -> Schema:
        """Reads the schema of the model in a folder."""
        fields = json.loads((model_dir / SCHEMA_FILE).read_text(encoding="utf-8"))
        lists = {name: tuple(fields.pop(name)) for name in ("feature_names", "dtypes", "classes")}
        return cls(**lists, **fields)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A fitted scikit-learn pipeline and the schema that says what it takes and gives."""

    pipeline: Any
    schema: Schema


def load_model(model_dir: Path) -> Model:
    """Loads what ``train.py`` wrote.

    Raises:
        InputError: A file is missing, or another minor version of scikit-learn trained the model.
    """
    for name in (MODEL_FILE, SCHEMA_FILE):
        if not (model_dir / name).is_file():
            found = sorted(path.name for path in model_dir.iterdir()) if model_dir.is_dir() else []
            raise InputError("ModelNotFound", "model_dir", f"hold {name}", found, "train with train.py")
    schema = Schema.load(model_dir)
    # A pickled estimator is promised to work on the version that wrote it only; patches keep the format.
    # https://scikit-learn.org/stable/model_persistence.html
    if schema.scikit_learn_version.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        raise InputError(
            "WrongScikitLearnVersion",
            "scikit-learn",
            f"be version {schema.scikit_learn_version}, which trained this model",
            sklearn.__version__,
            "serve the model in the container version it was trained in",
        )
    return Model(pipeline=joblib.load(model_dir / MODEL_FILE), schema=schema)


def predict(model: Model, features: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Asks a model.

    Returns:
        The predicted value or label of each row, and for classification the probability of each class, in the
        order of the schema's classes.
    """
    if model.schema.problem_type == "Regression":
        return model.pipeline.predict(features), None
    probabilities = model.pipeline.predict_proba(features)
    return np.asarray(model.schema.classes)[probabilities.argmax(axis=1)], probabilities


def decode_text(body: str | bytes | bytearray, *, parameter: str = "body") -> str:
    """Returns ``body`` as text, without a byte order mark.

    Raises:
        InputError: ``body`` is not UTF-8.
    """
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    try:
        return bytes(body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "InvalidEncoding", parameter, "be UTF-8 text", bytes(body), "send it as UTF-8"
        ) from error


def decode_csv(text: str, columns: Sequence[str] | None = None, *, parameter: str = "body") -> np.ndarray:
    """Decodes rows of numbers to an array with a row for each.

    Args:
        text: CSV text. A first line equal to ``columns`` is skipped.
        columns: Names of the columns. Default: as many as the first line has, without names.
        parameter: What ``text`` is called in an error. Default: ``body``.

    Raises:
        InputError: There is no row, a row has another number of values, or a value is no finite number.
    """
    lines = unix_lines(text).split("\n")
    if columns is not None and _is_header(lines[0], columns, parameter):
        lines = lines[1:]
    if not any(line.strip() for line in lines):
        raise InputError("NoRows", parameter, "hold at least one row", text, "give rows of numbers")
    width = lines[0].count(",") + 1 if columns is None else len(columns)
    values = _decode_fast(lines, width)
    return _decode_checked(lines, columns, width, parameter) if values is None else values


def _is_header(line: str, columns: Sequence[str], parameter: str) -> bool:
    if line == ",".join(columns):
        return True
    has_letters = line.lower() != line.upper()
    return has_letters and split_cells([line], f"{parameter} row 1")[0] == list(columns)


def _decode_fast(lines: list[str], width: int) -> np.ndarray | None:
    """Returns the values of well-formed rows, or ``None`` if anything at all is unusual about them."""
    if {*map(_count_commas, lines)} != {width - 1}:
        return None
    # np.loadtxt skips a blank line; one with a comma it refuses.
    if width == 1 and not all(map(str.strip, lines)):
        return None
    text = "\n".join(lines)
    try:
        if "e" not in text and "E" not in text:
            values = _decode_lines(lines, text)
        else:
            values = _decode_exponents_apart(lines, width)
    except ValueError:
        return None
    return values.reshape(len(lines), width) if np.isfinite(values).all() else None


def _decode_lines(lines: list[str], text: str) -> np.ndarray:
    values = decode_plain(text)
    if values is None:
        values = np.loadtxt(lines, dtype=np.float64, delimiter=",", comments=None, ndmin=2)
    return values


def _decode_exponents_apart(lines: list[str], width: int) -> np.ndarray:
    """Decodes so that a few values in exponent notation do not slow down the other rows."""
    values = np.empty((len(lines), width))
    has_exponent = np.array(["e" in line or "E" in line for line in lines])
    for places in (np.flatnonzero(has_exponent), np.flatnonzero(~has_exponent)):
        if len(places):
            part = [lines[place] for place in places]
            values[places] = _decode_lines(part, "\n".join(part)).reshape(-1, width)
    return values


def _decode_checked(
    lines: list[str], columns: Sequence[str] | None, width: int, parameter: str
) -> np.ndarray:
    """Decodes cell by cell: slowly, with quotes, and with an error that names the place."""
    rows = split_cells(lines, parameter)
    if columns is not None and set(rows[0]) & set(columns):
        raise InputError(
            "InvalidHeader",
            f"{parameter} row 1",
            "be numbers, or equal the feature names in the model's order",
            ",".join(rows[0]),
            f"send no header, or this one: {','.join(columns)}",
        )
    for number, row in enumerate(rows, start=1):
        check_width(row, width, f"{parameter} row {number}")
    return np.array(
        [
            to_numbers(map(_number_or_text, row), columns, f"{parameter} row {number}")
            for number, row in enumerate(rows, start=1)
        ]
    )


def check_width(row: Sequence[object], width: int, parameter: str) -> None:
    """Checks the number of values of a row.

    Raises:
        InputError: It is not ``width``.
    """
    if len(row) != width:
        raise InputError(
            "WrongColumnCount",
            parameter,
            f"have {width} value{'s' if width > 1 else ''}",
            len(row),
            "give one value for each column, in the same order in every row",
        )


def to_numbers(row: Iterable[object], columns: Sequence[str] | None, parameter: str) -> list[float]:
    """Converts the values of a row.

    Raises:
        InputError: A value is missing, of a wrong type, or not finite.
    """
    return [
        _to_number(value, f"{parameter}, column {repr(columns[place]) if columns else place + 1}")
        for place, value in enumerate(row)
    ]


def _to_number(value: object, parameter: str) -> float:
    if value is None or value == "":
        raise InputError(
            "MissingValue", parameter, "be a number", value, "fill the value in, or leave out the row"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("InvalidNumber", parameter, "be a number", value, _GIVE_NUMBERS)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError("NonFiniteNumber", parameter, "be a finite number", value, _GIVE_NUMBERS)
    return number


def _number_or_text(cell: str) -> float | str:
    # Python's float() also takes '1_000' and other scripts' digits, which no other reader of CSV does.
    return float(cell) if _NUMBER.fullmatch(cell) else cell


def split_cells(lines: list[str], parameter: str) -> list[list[str]]:
    """Splits lines of CSV text at their commas, as quotes allow.

    Raises:
        InputError: They are no CSV text.
    """
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines)]
    except csv.Error as error:
        raise InputError("InvalidCsv", parameter, "be CSV text", lines[0], f"correct it: {error}") from error


def _shortened(value: object, longest: int = 200) -> str:
    if isinstance(value, str | bytes) and len(value) > longest:
        return f"{value[:longest]!r} and {len(value) - longest} more"
    shown = repr(value)
    return shown if len(shown) <= longest else f"{shown[:longest]}..."


def unix_lines(text: str) -> str:
    """Returns ``text`` with one kind of line end, and none at its start and end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip("\n")
