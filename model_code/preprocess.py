"""Checks the raw data and splits it: the script of a SageMaker processing job.

Reads every ``*.csv`` of the input folder (a header, then numbers), and writes ``train.csv`` and
``test.csv``, each with a header and the target as its first column. Same data and options, same files, to
the byte. The split keeps the shares of the classes when the target looks like classes.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from data_tables import Table, read_table
from model_utils import InputError
from sklearn.model_selection import train_test_split

_log = logging.getLogger("preprocess")
# A whole-numbered target with more values than this is taken for a quantity, such as a count.
_MOST_CLASSES = 20
# Beyond this a float no longer holds every whole number, so writing it as one would invent digits.
_LARGEST_EXACT = 2**53


def split(table: Table, *, test_size: float = 0.2, random_state: int = 42) -> tuple[np.ndarray, np.ndarray]:
    """Chooses the rows of the test set.

    Args:
        table: All rows.
        test_size: Share of the rows that go to the test set, between 0 and 1. Default: ``0.2``.
        random_state: Seed of the choice. Default: ``42``.

    Returns:
        The places in ``table`` of the rows for training, and of those for the test.

    Raises:
        InputError: ``test_size`` is out of range, there are too few rows, or the target never varies.
    """
    rows = len(table.target)
    if not 0 < test_size < 1:
        raise InputError("InvalidTestSize", "test_size", "be between 0 and 1", test_size, "try 0.2")
    if not 1 <= np.ceil(rows * test_size) < rows:
        rule = f"have enough rows for a test share of {test_size}"
        raise InputError("TooFewRows", "the data", rule, rows, "add rows, or change test_size")
    labels, counts = np.unique(table.target, return_counts=True)
    if len(labels) == 1:
        raise InputError(
            "OneClassOnly", "target", "have at least two values", labels.tolist(), "add rows of another class"
        )
    stratify = table.target if _can_stratify(labels, counts, rows, test_size) else None
    _log.info("target values: %d, split stratified: %s", len(labels), stratify is not None)
    train, test = train_test_split(
        np.arange(rows), test_size=test_size, random_state=random_state, stratify=stratify
    )
    return train, test


def _can_stratify(labels: np.ndarray, counts: np.ndarray, rows: int, test_size: float) -> bool:
    looks_like_classes = len(labels) <= _MOST_CLASSES and bool((labels == np.floor(labels)).all())
    in_test = int(np.ceil(rows * test_size))
    enough_of_each = counts.min() >= 2 and min(in_test, rows - in_test) >= len(labels)
    return looks_like_classes and bool(enough_of_each)


def write(table: Table, target: str, places: np.ndarray, path: Path) -> None:
    """Writes some rows of ``table``, the target first, each number in its shortest exact form."""
    columns = {target: table.target[places]}
    columns |= {name: table.features[places, column] for column, name in enumerate(table.feature_names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({name: _as_whole_numbers(values) for name, values in columns.items()})
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    _log.info("wrote %s: %d rows", path, len(places))


def _as_whole_numbers(values: np.ndarray) -> np.ndarray:
    whole = (values == np.floor(values)) & (np.abs(values) < _LARGEST_EXACT)
    return values.astype(np.int64) if whole.all() else values


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job from its command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__), allow_abbrev=False)
    parser.add_argument("--input-dir", type=Path, default="/opt/ml/processing/input/data")
    parser.add_argument("--train-dir", type=Path, default="/opt/ml/processing/output/train")
    parser.add_argument("--test-dir", type=Path, default="/opt/ml/processing/output/test")
    parser.add_argument("--target", default="target", help="column to predict (default: %(default)s)")
    parser.add_argument("--test-size", type=float, default=0.2, help="share (default: %(default)s)")
    parser.add_argument("--random-state", type=int, default=42, help="seed (default: %(default)s)")
    options = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        table = read_table(options.input_dir, options.target)
        _log.info("read %d rows with %d features", *table.features.shape)
        train, test = split(table, test_size=options.test_size, random_state=options.random_state)
        write(table, options.target, train, options.train_dir / "train.csv")
        write(table, options.target, test, options.test_dir / "test.csv")
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
