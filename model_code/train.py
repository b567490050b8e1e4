"""Trains the model: the script of a SageMaker training job in script mode.

Reads every ``*.csv`` of the ``train`` channel (a header, the target and the features) and writes the model
artifact: ``model.joblib``, ``schema.json``, and in ``code/`` what serves it, so that no other job has to
repack it.

Classification is a logistic regression, regression a ridge regression, both on standardised features. Each
hyperparameter is an argument, spelt with ``_`` or ``-``. Progress and metrics go to standard output.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from data_tables import Table, read_table
from model_utils import MODEL_FILE, PROBLEM_TYPES, InputError, Schema
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

_log = logging.getLogger("train")
_SERVING_CODE = ("inference.py", "model_utils.py", "plain_numbers.py")
_FOLDS = 5


def new_pipeline(problem_type: str, *, alpha: float = 1.0, max_iter: int = 1000) -> Pipeline:
    """Returns an unfitted model.

    Args:
        problem_type: One of SageMaker's problem types.
        alpha: Strength of the L2 penalty, above 0. Default: ``1.0``.
        max_iter: Most steps of the logistic regression's solver, at least 1. Default: ``1000``.

    Raises:
        InputError: A value is out of its range.
    """
    if not (np.isfinite(alpha) and alpha > 0):
        raise InputError("InvalidAlpha", "alpha", "be a number above 0", alpha, "try 1.0")
    if max_iter < 1:
        raise InputError("InvalidMaxIter", "max_iter", "be at least 1", max_iter, "try 1000")
    if problem_type == "Regression":
        return make_pipeline(StandardScaler(), Ridge(alpha=alpha))
    return make_pipeline(StandardScaler(), LogisticRegression(C=1 / alpha, max_iter=max_iter))


def class_labels(target: np.ndarray, problem_type: str) -> tuple[int, ...]:
    """Returns the classes found in ``target``, in order; none for regression.

    Raises:
        InputError: The labels are not whole numbers, or not as many as the problem type needs.
    """
    if problem_type == "Regression":
        return ()
    labels = np.unique(target)
    shown = labels[:5].tolist()
    if (labels != np.floor(labels)).any():
        fix = "number the classes, or train with problem_type Regression"
        raise InputError("InvalidClass", "target", "hold whole numbers", shown, fix)
    if problem_type == "BinaryClassification" and len(labels) != 2:
        fix = "train with another problem_type, or correct the data"
        raise InputError("WrongClassCount", "target", "have exactly 2 classes", shown, fix)
    if problem_type == "MulticlassClassification" and len(labels) < 3:
        fix = "train with problem_type BinaryClassification, or correct the data"
        raise InputError("WrongClassCount", "target", "have at least 3 classes", shown, fix)
    return tuple(int(label) for label in labels)


def cross_validate(pipeline: Pipeline, table: Table, *, classification: bool) -> None:
    """Logs the score of each fold and their mean: accuracy, or R2 for regression."""
    metric = "accuracy" if classification else "r2"
    smallest = (
        np.unique(table.target, return_counts=True)[1].min() if classification else len(table.target) // 2
    )
    folds = min(_FOLDS, int(smallest))
    if folds < 2:
        _log.info("cross-validation skipped: too few rows")
        return
    kind = StratifiedKFold if classification else KFold
    scores = []
    for train, test in kind(folds, shuffle=True, random_state=0).split(table.features, table.target):
        model = sklearn.base.clone(pipeline).fit(table.features[train], table.target[train])
        scores.append(model.score(table.features[test], table.target[test]))
        _log.info("fold %d of %d: %s=%.4f", len(scores), folds, metric, scores[-1])
    _log.info("cv_%s=%.4f; cv_%s_standard_deviation=%.4f;", metric, np.mean(scores), metric, np.std(scores))


def save(pipeline: Pipeline, schema: Schema, model_dir: Path) -> None:
    """Writes the model artifact."""
    code = model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, model_dir / MODEL_FILE)
    schema.save(model_dir)
    for name in _SERVING_CODE:
        shutil.copyfile(Path(__file__).with_name(name), code / name)
    _log.info("wrote the model to %s", model_dir)


def train(options: argparse.Namespace) -> None:
    """Trains on the data of a folder and writes the artifact to another.

    Raises:
        InputError: A hyperparameter or the data is wrong.
    """
    pipeline = new_pipeline(options.problem_type, alpha=options.alpha, max_iter=options.max_iter)
    table = read_table(options.train_dir, options.target)
    classes = class_labels(table.target, options.problem_type)
    _log.info("training on %d rows with %d features", *table.features.shape)
    cross_validate(pipeline, table, classification=bool(classes))
    pipeline.fit(table.features, table.target)
    metric = "accuracy" if classes else "r2"
    _log.info("train_%s=%.4f;", metric, pipeline.score(table.features, table.target))
    schema = Schema(
        feature_names=table.feature_names,
        dtypes=tuple(str(table.features.dtype) for _ in table.feature_names),
        target=options.target,
        problem_type=options.problem_type,
        classes=classes,
        scikit_learn_version=sklearn.__version__,
    )
    save(pipeline, schema, options.model_dir)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Reads the command line; SageMaker's environment variables are the defaults of the folders."""
    environment: dict[str, Any] = dict(os.environ)
    parser = argparse.ArgumentParser(description=str(__doc__), allow_abbrev=False)
    parser.add_argument(
        "--train-dir", type=Path, default=environment.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train")
    )
    parser.add_argument("--model-dir", type=Path, default=environment.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--target", default="target", help="column to predict (default: %(default)s)")
    parser.add_argument(
        "--problem-type", choices=PROBLEM_TYPES, default=PROBLEM_TYPES[0], help="(default: %(default)s)"
    )
    parser.add_argument("--alpha", type=float, default=1.0, help="L2 penalty (default: %(default)s)")
    parser.add_argument("--max-iter", type=int, default=1000, help="solver's steps (default: %(default)s)")
    return parser.parse_args([_with_hyphens(argument) for argument in argv])


def _with_hyphens(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return name.replace("_", "-") + equals + value


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job from its command line; returns the exit code."""
    options = parse(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        train(options)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
