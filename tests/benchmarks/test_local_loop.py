"""Seconds of each stage of ``cdk-mlops local run examples/quickstart``, with warm caches.

``pytest -m benchmark -n 0 -s tests/benchmarks/test_local_loop.py``
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"

pytestmark = pytest.mark.benchmark


def _run(folder: Path) -> tuple[float, dict[str, float]]:
    start = time.perf_counter()
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "cdk-mlops"), "local", "run", str(folder), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds: dict[str, float] = json.loads(ran.stdout)["seconds"]
    return time.perf_counter() - start, seconds


def test_stages_of_the_loop() -> None:
    assert shutil.which("cdk-mlops", path=str(Path(sys.executable).parent))
    _run(QUICKSTART)  # fills the caches

    whole, stages = _run(QUICKSTART)

    print(f"\nlocal run: {whole:.1f} s in all")
    for stage, seconds in stages.items():
        print(f"  {stage:<10} {seconds:5.1f} s  {seconds / whole:4.0%}")
    assert sum(stages.values()) <= whole
