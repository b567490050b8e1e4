"""Loads the scripts of model_code/ as modules, and runs the three jobs once for all the tests."""

import importlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

_ROOT = Path(__file__).parents[3]
_MODULES = (
    "plain_numbers",
    "model_utils",
    "data_tables",
    "quality_metrics",
    "svg_charts",
    "report_style",
    "report_plots",
    "previous_version",
    "evaluation_report",
    "preprocess",
    "train",
    "evaluate",
    "inference",
)


@pytest.fixture(scope="session")
def model_code() -> Path:
    return _ROOT / "model_code"


@pytest.fixture(scope="session")
def quickstart() -> Path:
    return _ROOT / "examples" / "quickstart"


@pytest.fixture(scope="session")
def scripts(model_code: Path) -> Iterator[SimpleNamespace]:
    """The modules by name. They import each other by bare name, as they do in a container."""
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(model_code))
    try:
        loaded: dict[str, ModuleType] = {name: importlib.import_module(name) for name in _MODULES}
    finally:
        sys.path.remove(str(model_code))
        sys.dont_write_bytecode = writes_bytecode
        # Other tests may serve a model whose files have the same names.
        for name in _MODULES:
            sys.modules.pop(name, None)
    yield SimpleNamespace(**loaded)
    loaded["inference"]._served.clear()


@pytest.fixture(scope="session")
def run_script(model_code: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script through its command line, with warnings as errors."""

    def run(
        script: str, *arguments: str | Path, **environment: str | Path
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-B", "-W", "error", model_code / script, *map(str, arguments)],
            env={**kept, **{name: str(value) for name, value in environment.items()}},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def jobs(
    run_script: Callable[..., subprocess.CompletedProcess[str]],
    quickstart: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> SimpleNamespace:
    """The outputs of preprocess, train and evaluate on the quickstart's data."""
    folder = tmp_path_factory.mktemp("jobs")
    paths = {name: folder / name for name in ("train", "test", "model", "evaluation")}
    archive = folder / "model.tar.gz"
    preprocessed = run_script(
        "preprocess.py", "--input-dir", quickstart / "data", "--train-dir", paths["train"],
        "--test-dir", paths["test"],
    )  # fmt: skip
    assert preprocessed.returncode == 0, preprocessed.stderr
    trained = run_script("train.py", SM_CHANNEL_TRAIN=paths["train"], SM_MODEL_DIR=paths["model"])
    assert trained.returncode == 0, trained.stderr
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(paths["model"], arcname=".")
    evaluated = run_script(
        "evaluate.py", "--model-path", archive, "--test-dir", paths["test"],
        "--output-dir", paths["evaluation"],
    )  # fmt: skip
    assert evaluated.returncode == 0, evaluated.stderr
    logs = {"preprocess": preprocessed.stdout, "train": trained.stdout, "evaluate": evaluated.stdout}
    return SimpleNamespace(archive=archive, logs=logs, **paths)


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Writes text to a CSV file in a folder of the test's own; returns the folder."""

    def write(text: str | bytes, *, folder: str = "data", name: str = "data.csv") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path.parent

    return write
