"""Synthesis of the quickstart beside that of a bare stack, and what the SDK's import is of it.

Whole processes, interleaved, medians: ``pytest -m benchmark -n 0 -s tests/benchmarks/test_synth.py``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 5
BARE = """
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

app = App()
stack = Stack(app, "Bare")
s3.Bucket(stack, "Bucket")
lambda_.Function(stack, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
                 code=lambda_.Code.from_inline("def handler(event, context): pass"))
app.synth()
"""
SDK_IMPORT = """
import time
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment

with sdk_environment():
    start = time.perf_counter()
    import cdk_sagemaker_mlops.definition.standard_pipeline
    print(time.perf_counter() - start)
"""

pytestmark = pytest.mark.benchmark


def _run(arguments: list[str], folder: Path) -> tuple[float, str]:
    environment = {**os.environ, "CDK_OUTDIR": str(folder)}
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, ran.stdout


def test_quickstart_beside_a_bare_stack(tmp_path: Path) -> None:
    quickstart = str(ROOT / "examples" / "quickstart" / "app.py")
    bare_seconds, quickstart_seconds, import_seconds = [], [], []
    for number in range(ROUNDS):
        bare_seconds.append(_run(["-c", BARE], tmp_path / f"bare{number}")[0])
        quickstart_seconds.append(_run([quickstart], tmp_path / f"quickstart{number}")[0])
        import_seconds.append(float(_run(["-c", SDK_IMPORT], tmp_path)[1]))

    bare, whole, sdk = (
        statistics.median(seconds) for seconds in (bare_seconds, quickstart_seconds, import_seconds)
    )
    print(
        f"\nsynth: bare {bare:.2f} s, quickstart {whole:.2f} s ({whole / bare:.2f}x), "
        f"of which the SDK's import {sdk:.2f} s (quickstart without it {(whole - sdk) / bare:.2f}x)"
    )
    assert (tmp_path / "quickstart0" / "Quickstart.template.json").is_file()
