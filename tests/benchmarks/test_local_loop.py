"""Seconds of each stage of ``cdk-mlops local run examples/quickstart``, cold and warm, and of tests by the plugin.

``pytest -m benchmark -n 0 -s tests/benchmarks/test_local_loop.py``. The cold run downloads the CDK CLI.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "examples" / "quickstart"
MORE_TESTS = """

def test_second_runs_the_pipeline_again(mlops_stack):
    assert mlops_stack.run_pipeline().steps["Train"].cached


def test_third_only_asks(mlops_stack):
    assert mlops_stack.invoke(PAYLOAD.read_text())
"""

pytestmark = pytest.mark.benchmark


def _run(cache: Path) -> tuple[float, dict[str, float]]:
    start = time.perf_counter()
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "cdk-mlops"), "local", "run", str(QUICKSTART), "--json"],
        # As for a user: finished definitions are kept.
        env={**os.environ, "CDK_MLOPS_CACHE": str(cache), "CDK_MLOPS_DEFINITION_CACHE": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds: dict[str, float] = json.loads(ran.stdout)["seconds"]
    return time.perf_counter() - start, seconds


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_stages_of_the_loop(cache: Path) -> None:
    cold, cold_stages = _run(cache)
    warm, stages = _run(cache)

    print(f"\nlocal run       cold      warm\n  {'in all':<10} {cold:6.1f} s  {warm:6.1f} s")
    for stage, seconds in stages.items():
        print(f"  {stage:<10} {cold_stages[stage]:6.1f} s  {seconds:6.1f} s  {seconds / warm:4.0%}")
    assert sum(stages.values()) <= warm


def test_a_second_test_of_a_session_costs_what_it_does_itself(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "examples" / "quickstart"
    shutil.copytree(QUICKSTART, folder)
    shutil.copytree(ROOT / "model_code", tmp_path / "model_code")
    with (folder / "tests" / "test_quickstart.py").open("a") as file:
        file.write(MORE_TESTS)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--mlops-local", "--durations=0", "-vv", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "CDK_MLOPS_CACHE": str(cache), "CDK_MLOPS_DEFINITION_CACHE": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    lines = re.findall(r"^([\d.]+)s (setup|call|teardown)\s+\S+::(\w+)$", ran.stdout, re.MULTILINE)
    print("\npytest --mlops-local")
    for seconds, phase, test in lines:
        print(f"  {phase:<8} {float(seconds):6.2f} s  {test}")
    [overhead] = [
        float(seconds) for seconds, phase, test in lines if (phase, test[:11]) == ("setup", "test_second")
    ]
    assert overhead < 0.1
