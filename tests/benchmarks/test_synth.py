"""Synthesis of the quickstart, cold and warm, beside that of a bare stack; and of many pipelines in one app.

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
PIPELINES = 50
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
# Ten to a stack: CloudFormation's 500 resources hold 17.
MANY = """
import sys, time
from aws_cdk import App, Stack
from cdk_sagemaker_mlops import MlopsPipeline, StandardPipeline

app = App()
for number in range(int(sys.argv[2])):
    if number % 10 == 0:
        stack = Stack(app, f"Many{number // 10}")
    start = time.perf_counter()
    MlopsPipeline(stack, f"Mlops{number}", pipeline=StandardPipeline(source_dir=sys.argv[1]))
    print(time.perf_counter() - start)
start = time.perf_counter()
app.synth()
print(time.perf_counter() - start)
"""

pytestmark = pytest.mark.benchmark


def _run(arguments: list[str], folder: Path, cache: str) -> tuple[float, str]:
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_MLOPS_DEFINITION_CACHE": cache}
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, ran.stdout


def test_quickstart_beside_a_bare_stack(tmp_path: Path) -> None:
    quickstart = [str(ROOT / "examples" / "quickstart" / "app.py")]
    kept = str(tmp_path / "cache")
    _run(quickstart, tmp_path / "first", kept)
    seconds: dict[str, list[float]] = {"bare": [], "cold": [], "warm": [], "sdk": []}
    for number in range(ROUNDS):
        out = tmp_path / str(number)
        seconds["bare"].append(_run(["-c", BARE], out / "bare", "off")[0])
        seconds["warm"].append(_run(quickstart, out / "warm", kept)[0])
        seconds["cold"].append(_run(quickstart, out / "cold", str(out / "cache"))[0])
        seconds["sdk"].append(float(_run(["-c", SDK_IMPORT], out / "sdk", "off")[1]))

    bare, cold, warm, sdk = (statistics.median(seconds[name]) for name in ("bare", "cold", "warm", "sdk"))
    print(
        f"\nsynth: bare {bare:.2f} s; quickstart warm {warm:.2f} s ({warm / bare:.2f}x), cold {cold:.2f} s "
        f"({cold / bare:.2f}x); the SDK's import {sdk:.2f} s, cold beyond bare and import "
        f"{cold - bare - sdk:.2f} s"
    )
    assert (tmp_path / "0" / "warm" / "Quickstart.template.json").read_bytes() == (
        tmp_path / "0" / "cold" / "Quickstart.template.json"
    ).read_bytes()


def test_many_pipelines_in_one_app(tmp_path: Path) -> None:
    kept, source = str(tmp_path / "cache"), str(ROOT / "model_code")
    _run(["-c", MANY, source, str(PIPELINES)], tmp_path / "first", kept)
    one = [float(line) for line in _run(["-c", MANY, source, "1"], tmp_path / "one", kept)[1].split()]
    many = _run(["-c", MANY, source, str(PIPELINES)], tmp_path / "many", kept)[1].split()

    *defined, synth = (float(line) for line in many)
    further, first = statistics.median(defined[1:]), defined[0]
    whole = (sum(defined[1:]) + synth - one[1]) / (PIPELINES - 1)
    print(
        f"\n{PIPELINES} pipelines, warm: the first {first:.3f} s; each further one {further:.3f} s to define "
        f"(median), {whole:.3f} s with its share of the synthesis of {PIPELINES // 10} stacks"
    )
    assert len(list((tmp_path / "many").glob("Many*.template.json"))) == PIPELINES // 10
