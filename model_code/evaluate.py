"""Measures the model on the test set: the script of a SageMaker processing job.

Reads the model artifact and every ``*.csv`` of the test folder, and writes ``evaluation.json`` in the
layout of SageMaker's model-quality metrics, which the model registry shows:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
Beside it, ``report.html`` shows the same to people, with plots and, if the model registry can be read, a
comparison with the newest approved version.

Each metric has a ``value`` and a ``standard_deviation``, which is that of the metric over resamples of the
test set (a bootstrap with a fixed seed). A metric that is undefined for this test set is left out, since
JSON has no NaN. The metrics ``*_best_constant_classifier`` are left out too.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from data_tables import Table, read_table
from evaluation_report import evaluation_report
from model_utils import InputError, Model, load_model, predict
from previous_version import previous_version
from quality_metrics import Answers, binary, binary_curves, confusion_matrix, multiclass, regression

_log = logging.getLogger("evaluate")


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a model artifact.

    Raises:
        InputError: There is none, it is not a tar archive, or it would write outside ``folder``.
    """
    if not archive.is_file():
        fix = "give the model.tar.gz that the training job wrote"
        raise InputError("ModelNotFound", "model_path", "be an existing file", str(archive), fix)
    try:
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                _require_plain(member, folder, archive)
            # Python before 3.11.4 has no filters, and 3.12 warns when none is named.
            options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(folder, **options)  # noqa: S202 - checked above
    except (tarfile.TarError, OSError, EOFError) as error:
        rule, fix = "be a tar archive", f"pack it anew: {error}"
        raise InputError("InvalidArchive", "model_path", rule, archive.name, fix) from error


def _require_plain(member: tarfile.TarInfo, folder: Path, archive: Path) -> None:
    inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
    if not inside or not (member.isfile() or member.isdir()):
        rule, fix = "hold plain files only", f"pack it anew: {member.name!r} is a link or lies outside"
        raise InputError("UnsafeArchive", "model_path", rule, archive.name, fix)


def ask(model: Model, table: Table) -> Answers:
    """Returns what ``model`` says about the test set.

    Raises:
        InputError: The test set has other features than the model, or a class that the model does not know;
            or the model answers with something that is no finite number.
    """
    features, classes = _in_model_order(model, table), model.schema.classes
    _check_classes(classes, table.target)
    predicted, probabilities = predict(model, features)
    for scores in (predicted, probabilities):
        if scores is not None and not np.isfinite(scores).all():
            bad = np.flatnonzero(~np.isfinite(scores).reshape(len(scores), -1).all(axis=1))
            rule, fix = "answer with finite numbers", "train it on data without extreme values"
            raise InputError("NonFiniteScore", "the model", rule, scores[bad[0]].tolist(), fix)
    return Answers(actual=table.target, predicted=predicted, probabilities=probabilities, classes=classes)


def measure(
    answers: Answers, problem_type: str, *, resamples: int = 200, random_state: int = 42
) -> dict[str, Any]:
    """Returns the model-quality document of a model's answers.

    Args:
        answers: What the model said about the test set.
        problem_type: One of SageMaker's problem types.
        resamples: Resamples of the test set for the standard deviations, at least 2. Default: ``200``.
        random_state: Seed of the resamples. Default: ``42``.

    Raises:
        InputError: There are too few resamples.
    """
    if resamples < 2:
        raise InputError("InvalidResamples", "resamples", "be at least 2", resamples, "try 200")
    actual, predicted, classes = answers.actual, answers.predicted, answers.classes

    def described(metrics: Callable[..., dict[str, float]], *columns: np.ndarray) -> dict[str, Any]:
        return describe(metrics, columns, resamples=resamples, random_state=random_state)

    if answers.probabilities is None:
        return {"regression_metrics": described(regression, actual, predicted)}
    matrix = confusion_matrix(actual, predicted, classes)
    if problem_type == "MulticlassClassification":
        metrics = described(lambda *columns: multiclass(*columns, classes), actual, predicted)
        return {"multiclass_classification_metrics": {"confusion_matrix": matrix, **metrics}}
    is_positive, said_positive = actual == classes[1], predicted == classes[1]
    metrics = described(binary, is_positive, said_positive, answers.probabilities[:, 1])
    curves = binary_curves(is_positive, answers.probabilities[:, 1])
    return {"binary_classification_metrics": {"confusion_matrix": matrix, **metrics, **curves}}


def describe(
    metrics: Callable[..., dict[str, float]],
    columns: Sequence[np.ndarray],
    *,
    resamples: int,
    random_state: int,
) -> dict[str, dict[str, float]]:
    """Returns each metric of ``columns`` and its standard deviation over resamples of their rows."""
    generator = np.random.default_rng(random_state)
    rows = len(columns[0])
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        places = generator.integers(rows, size=rows)
        for name, value in metrics(*(column[places] for column in columns)).items():
            drawn.setdefault(name, []).append(value)
    described = {}
    for name, value in metrics(*columns).items():
        described[name] = {"value": float(value)}
        # A resample can leave a metric undefined, for example one without any row of a class.
        if len(drawn.get(name, ())) > 1:
            described[name]["standard_deviation"] = float(np.std(drawn[name], ddof=1))
    return described


def _in_model_order(model: Model, table: Table) -> np.ndarray:
    expected = model.schema.feature_names
    if set(table.feature_names) != set(expected):
        differing = sorted(set(table.feature_names) ^ set(expected))
        fix = "test with the columns the model was trained on"
        raise InputError("WrongFeatures", "the test set", "have the model's features", differing, fix)
    return table.features[:, [table.feature_names.index(name) for name in expected]]


def _check_classes(classes: Sequence[int], target: np.ndarray) -> None:
    unknown = [label for label in np.unique(target).tolist() if label not in classes]
    if classes and unknown:
        listed = ", ".join(map(str, classes[:10]))
        fix = "train on data that has every class"
        raise InputError("UnknownClass", "target", f"be one of the model's classes {listed}", unknown, fix)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job from its command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__), allow_abbrev=False)
    parser.add_argument("--model-path", type=Path, default="/opt/ml/processing/input/model/model.tar.gz")
    parser.add_argument("--test-dir", type=Path, default="/opt/ml/processing/input/test")
    parser.add_argument("--output-dir", type=Path, default="/opt/ml/processing/output/evaluation")
    parser.add_argument(
        "--model-package-group-name",
        default=os.environ.get("MODEL_PACKAGE_GROUP_NAME"),
        help="whose newest approved version the report compares with (default: $MODEL_PACKAGE_GROUP_NAME)",
    )
    parser.add_argument(
        "--resamples", type=int, default=200, help="for standard deviations (default: %(default)s)"
    )
    parser.add_argument("--random-state", type=int, default=42, help="seed (default: %(default)s)")
    options = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        with tempfile.TemporaryDirectory() as folder:
            unpack(options.model_path, Path(folder))
            model = load_model(Path(folder))
        table = read_table(options.test_dir, model.schema.target)
        answers = ask(model, table)
        document = measure(
            answers,
            model.schema.problem_type,
            resamples=options.resamples,
            random_state=options.random_state,
        )
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    comparison = previous_version(options.model_package_group_name)
    page = evaluation_report(document, answers, model.schema, comparison)
    write(document, page, options.output_dir)
    _log.info("%s", comparison.note)
    _log_metrics(document, len(table.target))
    return 0


def write(document: dict[str, Any], page: str, folder: Path) -> None:
    """Writes the metrics and the report."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    (folder / "evaluation.json").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")


def _log_metrics(document: dict[str, Any], rows: int) -> None:
    _log.info("measured on %d rows", rows)
    for metrics in document.values():
        for name, metric in metrics.items():
            if "value" in metric:
                deviation = metric.get("standard_deviation", float("nan"))
                _log.info("%s=%.4f; standard_deviation=%.4f;", name, metric["value"], deviation)


if __name__ == "__main__":
    sys.exit(main())
