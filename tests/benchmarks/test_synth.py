"""Synthesis of the quickstart, cold and warm, beside that of a bare stack and of its own finished template.

And of many pipelines in one app.

Whole processes, interleaved, medians, with byte code in place as an installed package has it:
``pytest -m benchmark -n 0 -s tests/benchmarks/test_synth.py``. Beside the time it took, each has the CPU time it
used, which says more on a busy machine.
"""

from __future__ import annotations

import json
import os
import resource
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
# The quickstart's template as a file, which CDK only reads and writes again: its own share for that many resources.
SAME = """
import sys
from aws_cdk import App, Stack
from aws_cdk.cloudformation_include import CfnInclude

app = App()
CfnInclude(Stack(app, "Same"), "All", template_file=sys.argv[1])
app.synth()
"""
# As a user's program imports what the standard pipeline uses; without a region the SDK's import fails.
SDK_IMPORT = """
import os
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
import cdk_sagemaker_mlops.definition.standard_pipeline
"""
NOTHING = "pass"
# After the SDK's import: the first definition that a process builds, and the next.
BUILD = """
import sys, time
from cdk_sagemaker_mlops import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import build_definition
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment

with sdk_environment():
    import cdk_sagemaker_mlops.definition.standard_pipeline
for _ in range(2):
    start = time.perf_counter()
    build_definition(StandardPipeline(source_dir=sys.argv[1]), pipeline_name="churn",
                     model_package_group_name="churn", region=None, input_data_uri=None)
    print(time.perf_counter() - start)
"""
RESOURCES = """
import json, sys
from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from cdk_sagemaker_mlops import MlopsPipeline, StandardPipeline

for pipelines in (1, 2):
    stack = Stack(App(), "Many")
    for number in range(pipelines):
        MlopsPipeline(stack, f"Mlops{number}", pipeline=StandardPipeline(source_dir=sys.argv[1]))
    print(len(Template.from_stack(stack).to_json()["Resources"]))
"""
MOST_RESOURCES = 500  # CloudFormation's limit for a stack
# Ten to a stack, which CloudFormation's 500 resources hold.
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


class Ran:
    """A program that ran: the seconds it took, the CPU seconds that it and its Node.js used, what it printed."""

    def __init__(self, arguments: list[str], folder: Path, cache: str) -> None:
        environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_MLOPS_DEFINITION_CACHE": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ran = subprocess.run(
            [sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = time.perf_counter() - start
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.numbers = [float(word) for word in ran.stdout.split()]


def test_quickstart_beside_a_bare_stack(tmp_path: Path) -> None:
    quickstart = [str(ROOT / "examples" / "quickstart" / "app.py")]
    kept, finished = str(tmp_path / "cache"), tmp_path / "finished.template.json"
    Ran(quickstart, tmp_path / "first", kept)
    template = json.loads((tmp_path / "first" / "Quickstart.template.json").read_bytes())
    # What every stack's synthesizer adds by itself.
    template["Parameters"].pop("BootstrapVersion")
    template.pop("Rules")
    finished.write_text(json.dumps(template))
    programs = {
        "bare": (["-c", BARE], "off"),
        "same": (["-c", SAME, str(finished)], "off"),
        "warm": (quickstart, kept),
        "cold": (quickstart, None),
        "sdk": (["-c", SDK_IMPORT], "off"),
        "nothing": (["-c", NOTHING], "off"),
    }
    runs: dict[str, list[Ran]] = {name: [] for name in programs}
    for number in range(-1, ROUNDS):  # the first writes byte code and fills the cache
        for name, (program, cache) in programs.items():
            out = tmp_path / str(number) / name
            ran = Ran(program, out, str(out / "cache") if cache is None else cache)
            if number >= 0:
                runs[name].append(ran)

    print()
    for unit, value in (("seconds", lambda ran: ran.seconds), ("CPU seconds", lambda ran: ran.cpu)):
        bare, same, warm, cold, sdk, nothing = (
            statistics.median(map(value, runs[name])) for name in programs
        )
        sdk -= nothing
        print(
            f"synth, {unit}: bare {bare:.2f}; the finished template {same:.2f} ({same / bare:.2f}x); quickstart "
            f"warm {warm:.2f} ({warm / bare:.2f}x), cold {cold:.2f} ({cold / bare:.2f}x); the SDK's import "
            f"{sdk:.2f}, cold beyond bare and import {cold - bare - sdk:.2f}"
        )
    assert (tmp_path / "0" / "warm" / "Quickstart.template.json").read_bytes() == (
        tmp_path / "0" / "cold" / "Quickstart.template.json"
    ).read_bytes()


def test_a_definition_after_the_import(tmp_path: Path) -> None:
    source = str(ROOT / "model_code")
    builds = [Ran(["-c", BUILD, source], tmp_path, "off").numbers for _ in range(ROUNDS + 1)][1:]
    first, next_one = (statistics.median(numbers) for numbers in zip(*builds, strict=True))

    print(f"\nbuild after import: the first {first:.3f} s, the next {next_one:.3f} s")
    assert all(len(numbers) == 2 for numbers in builds)


def test_many_pipelines_in_one_app(tmp_path: Path) -> None:
    kept, source = str(tmp_path / "cache"), str(ROOT / "model_code")
    Ran(["-c", MANY, source, str(PIPELINES)], tmp_path / "first", kept)
    one = Ran(["-c", MANY, source, "1"], tmp_path / "one", kept)
    many = Ran(["-c", MANY, source, str(PIPELINES)], tmp_path / "many", kept)

    *defined, synth = many.numbers
    further, first = statistics.median(defined[1:]), defined[0]
    whole = (sum(defined[1:]) + synth - one.numbers[1]) / (PIPELINES - 1)
    print(
        f"\n{PIPELINES} pipelines, warm: the first {first:.3f} s; each further one {further:.3f} s to define "
        f"(median), {whole:.3f} s with its share of the synthesis of {PIPELINES // 10} stacks "
        f"({(many.cpu - one.cpu) / (PIPELINES - 1):.3f} CPU s)"
    )
    assert len(list((tmp_path / "many").glob("Many*.template.json"))) == PIPELINES // 10


def test_resources_of_the_first_and_of_each_further_pipeline(tmp_path: Path) -> None:
    one, two = map(int, Ran(["-c", RESOURCES, str(ROOT / "model_code")], tmp_path, "off").numbers)
    fit = 1 + (MOST_RESOURCES - one) // (two - one)

    print(
        f"\nresources: {one} for the first MlopsPipeline, {two - one} for each further one, {fit} fit in a stack"
    )
    assert fit >= 10
