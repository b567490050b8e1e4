"""Serves the model: the four functions that SageMaker's scikit-learn container calls.

In: ``text/csv`` (rows of numbers in the model's feature order, with or without its header) and
``application/json`` (``{"instances": [...]}`` or the list alone; a row is a list of numbers, or an object
by feature name). Out: ``application/json`` (``{"predictions": [{"label": 1, "probability": 0.98}]}``, for
regression ``{"value": 1.5}``) and ``text/csv`` (the same values, a line for each row). ``probability`` is
that of the predicted label.

A wrong request is answered with 400, an unknown content type with 415, an unknown accept type with 406,
each with one line of text that names what is wrong. The same file serves under both of SageMaker's servers:
``sagemaker_containers`` on gunicorn for a single model, and ``sagemaker_inference`` for several.

Run alone, it answers a file: ``python inference.py --model-dir model --content-type text/csv rows.csv``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from model_utils import (
    InputError,
    Model,
    Schema,
    check_width,
    decode_csv,
    decode_text,
    load_model,
    predict,
    to_numbers,
)

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError as _ToolkitError
except ImportError:

    class _ToolkitError(Exception):  # type: ignore[no-redef]
        """Takes the place of sagemaker_inference's error where that toolkit is not installed."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            super().__init__(status_code, message, phrase)


_CSV, _JSON = "text/csv", "application/json"

# SageMaker hands input_fn no model, and a request is decoded by the model's schema: model_fn leaves it here.
# A server process loads one model.
_served: dict[str, Schema] = {}


class RequestError(_ToolkitError):
    """A request that cannot be answered, as an error that ``sagemaker_inference`` answers with its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message, HTTPStatus(status).phrase)
        self.status = status
        self.text = message

    def __str__(self) -> str:
        return self.text


def model_fn(model_dir: str) -> Model:
    """Loads the model from the unpacked artifact.

    Raises:
        InputError: The artifact is incomplete, or was trained on another version of scikit-learn.
    """
    model = load_model(Path(model_dir))
    _served["schema"] = model.schema
    return model


def input_fn(body: str | bytes, content_type: str | None) -> np.ndarray:
    """Decodes a request to an array with a row for each instance.

    Before ``model_fn`` has run there is no schema: the first row then says how many values a row has.

    Raises:
        RequestError: The content type is unknown, or the body is not what it should be.
    """
    with _as_request_error():
        schema = _served.get("schema")
        kind = "" if content_type is None else content_type.partition(";")[0].strip().lower()
        if kind not in (_CSV, _JSON):
            rule, fix = f"be '{_CSV}' or '{_JSON}'", "set the request's ContentType"
            raise InputError("UnknownContentType", "content_type", rule, content_type, fix, status=415)
        text = decode_text(body)
        if not text.strip():
            raise InputError("EmptyBody", "body", "hold at least one row", text, "send rows of numbers")
        columns = None if schema is None else schema.feature_names
        return decode_csv(text, columns) if kind == _CSV else _decode_json(text, columns)


def predict_fn(data: Any, model: Model) -> list[dict[str, Any]]:
    """Predicts each row of what ``input_fn`` returned.

    Raises:
        RequestError: ``data`` has another number of columns than the model takes.
    """
    with _as_request_error():
        features = np.atleast_2d(np.asarray(data, dtype=np.float64))
        check_width(features[0], len(model.schema.feature_names), "body row 1")
    values, probabilities = predict(model, features)
    if probabilities is None:
        return [{"value": value} for value in values.tolist()]
    return [
        {"label": label, "probability": probability}
        for label, probability in zip(values.tolist(), probabilities.max(axis=1).tolist(), strict=True)
    ]


def output_fn(prediction: Sequence[Mapping[str, Any]], accept: str | None) -> tuple[str, str]:
    """Encodes what ``predict_fn`` returned.

    Args:
        prediction: One mapping for each row.
        accept: The request's Accept header; empty or ``*/*`` means JSON.

    Returns:
        The body and its content type.

    Raises:
        RequestError: Nothing that ``accept`` lists can be given.
    """
    with _as_request_error():
        kind = _chosen_type(accept)
    if kind == _CSV:
        return "".join(",".join(map(str, row.values())) + "\n" for row in prediction), _CSV
    return json.dumps({"predictions": list(prediction)}, allow_nan=False), _JSON


def _chosen_type(accept: str | None) -> str:
    if accept is None or not accept.strip():
        return _JSON
    for entry in accept.split(","):
        wanted, *parameters = (part.strip().lower() for part in entry.split(";"))
        if any(parameter in ("q=0", "q=0.0") for parameter in parameters):
            continue
        if wanted in ("*/*", "application/*", _JSON):
            return _JSON
        if wanted in ("text/*", _CSV):
            return _CSV
    fix = "set the request's Accept"
    raise InputError("UnknownAccept", "accept", f"be '{_JSON}' or '{_CSV}'", accept, fix, status=406)


def _decode_json(text: str, columns: Sequence[str] | None) -> np.ndarray:
    rows = _instances(text)
    if not rows:
        raise InputError("EmptyBody", "body", "hold at least one row", rows, "send rows of numbers")
    width = len(rows[0]) if columns is None and isinstance(rows[0], list | dict) else len(columns or ())
    # The common case in one step: lists of the right length that hold JSON numbers only.
    if all(type(row) is list and len(row) == width and {*map(type, row)} <= {int, float} for row in rows):
        try:
            values = np.array(rows, dtype=np.float64)
        except OverflowError:
            values = np.array(np.inf)
        if np.isfinite(values).all():
            return values
    return np.array([_json_row(row, columns, width, f"body row {n}") for n, row in enumerate(rows, start=1)])


def _instances(text: str) -> list[Any]:
    shape = 'be a list of rows, or an object {"instances": [...]}'
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("MalformedJson", "body", "be JSON", text, f"correct it: {error}") from error
    if isinstance(document, dict):
        if not isinstance(document.get("instances"), list):
            raise InputError("InvalidJson", "body", shape, document, "put the rows under 'instances'")
        document = document["instances"]
    if not isinstance(document, list):
        raise InputError("InvalidJson", "body", shape, document, "send one list for each row")
    return document


def _json_row(row: Any, columns: Sequence[str] | None, width: int, parameter: str) -> list[float]:
    if isinstance(row, dict) and columns is not None:
        _check_names(row, columns, parameter)
        row = [row[name] for name in columns]
    if not isinstance(row, list):
        raise InputError(
            "InvalidRow",
            parameter,
            "be a list of numbers, or an object by feature name",
            row,
            "put the values of each row in a list of their own",
        )
    check_width(row, width, parameter)
    return to_numbers(row, columns, parameter)


def _check_names(row: dict[str, Any], columns: Sequence[str], parameter: str) -> None:
    unknown = [name for name in row if name not in columns]
    if unknown:
        rule, fix = "name features of the model only", "leave out or rename them"
        raise InputError("UnknownFeature", parameter, rule, unknown, fix)
    missing = [name for name in columns if name not in row]
    if missing:
        rule, fix = "name every feature of the model", f"add {missing[0]!r}"
        raise InputError("MissingFeature", parameter, rule, list(row), fix)


@contextmanager
def _as_request_error() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        _answer_through_flask(error)
        raise RequestError(error.status, str(error)) from error


def _answer_through_flask(error: InputError) -> None:
    """Makes gunicorn's Flask app answer ``error`` with its status.

    ``sagemaker_containers`` wraps whatever a handler raises in an error of its own, which Flask answers with
    500 and no text. A callback on the response is what the wrapping leaves:
    https://github.com/aws/sagemaker-containers/blob/master/src/sagemaker_containers/_functions.py
    """
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_request_context():
        return
    answer = flask.Response(f"{error}\n", status=error.status, mimetype="text/plain")
    flask.after_this_request(lambda _: answer)


def main(argv: Sequence[str] | None = None) -> int:
    """Answers the content of a file as the endpoint would."""
    parser = argparse.ArgumentParser(description="Answers the content of a file as the endpoint would.")
    parser.add_argument("file", type=Path, help="rows to predict")
    parser.add_argument("--model-dir", default="/opt/ml/model", help="the unpacked model artifact")
    parser.add_argument("--content-type", default=_CSV, help=f"of the file: {_CSV} or {_JSON}")
    parser.add_argument("--accept", default=_JSON, help=f"of the answer: {_JSON} or {_CSV}")
    arguments = parser.parse_args(argv)
    try:
        model = model_fn(arguments.model_dir)
        data = input_fn(arguments.file.read_bytes(), arguments.content_type)
        body, _ = output_fn(predict_fn(data, model), arguments.accept)
    except (InputError, RequestError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(body if body.endswith("\n") else f"{body}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
