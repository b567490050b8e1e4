"""Time of the toolkit's CSV decoder divided by that of model_code's, side by side in one run.

pytest -m benchmark -n 0 -s tests/benchmarks/test_csv_decoding.py
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sagemaker_inference.decoder import _csv_to_numpy
from sklearn.datasets import load_breast_cancer

_MODEL_CODE = Path(__file__).parents[2] / "model_code"
_NAMES = tuple(f"feature_{column}" for column in range(30))


@pytest.fixture
def decode_csv(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(_MODEL_CODE))
    import model_utils

    yield model_utils.decode_csv
    for name in ("model_utils", "plain_numbers"):
        sys.modules.pop(name, None)


def _rows(kind, rows):
    if kind == "breast cancer":
        return np.resize(load_breast_cancer().data, (rows, 30))
    return np.random.default_rng(0).normal(size=(rows, 30))


def _medians(functions, text, runs):
    seconds = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function(text)
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["breast cancer", "17 digits"])
def test_csv_decoding_against_the_toolkit_s(decode_csv, kind):
    for rows, runs in ((100, 41), (10_000, 7)):
        values = _rows(kind, rows)
        text = "\n".join(",".join(map(repr, row)) for row in values.tolist())
        assert (decode_csv(text, _NAMES) == values).all()
        assert (_csv_to_numpy(text) == values).all()
        theirs, ours = _medians((_csv_to_numpy, lambda body: decode_csv(body, _NAMES)), text, runs)
        print(
            f"\nCSV decoding, {rows} rows of 30, {kind}: toolkit {theirs * 1e3:.2f} ms, "
            f"model_code {ours * 1e3:.2f} ms, ratio {theirs / ours:.1f}"
        )
