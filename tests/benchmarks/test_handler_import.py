"""What a cold start pays for each Lambda handler, beside what it pays for boto3 alone.

pytest -m benchmark -n 0 -s tests/benchmarks/test_handler_import.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.handlers import contract

ROUNDS = 7
BOTO3 = "boto3"
MODULES = [
    BOTO3,
    *sorted(
        {
            handler.rpartition(".")[0]
            for handler in (contract.QUEUE_HANDLER, contract.ON_EVENT_HANDLER, contract.IS_COMPLETE_HANDLER)
        }
    ),
]
# As in Lambda: an interpreter without site-packages, the asset's root, and boto3 with what it needs.
MEASURE = r"""
import importlib, json, pathlib, re, sys, time
sys.path[:0] = json.loads(sys.argv[2])
start = time.perf_counter()
importlib.import_module(sys.argv[1])
seconds = time.perf_counter() - start
# Not getrusage: a child's figure starts at its parent's memory.
peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())
megabytes = int(peak[1]) / 1024
print(json.dumps([seconds, megabytes]))
"""
RUNTIME = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]


@pytest.fixture
def lambda_path(tmp_path: Path) -> list[str]:
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (tmp_path / source.name).symlink_to(source)
    handlers = Path(contract.__file__).parent
    return [str(handlers.parent), str(tmp_path)]


def measure(module: str, path: list[str]) -> tuple[float, float]:
    command = [sys.executable, "-I", "-S", "-B", "-c", MEASURE, module, json.dumps(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


@pytest.mark.benchmark
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_handler_costs_little_more_than_boto3(lambda_path: list[str]) -> None:
    for module in MODULES:
        measure(module, lambda_path)
    # Interleaved, so that whatever else the machine does meets all alike.
    runs = [{module: measure(module, lambda_path) for module in MODULES} for _ in range(ROUNDS)]
    medians = {
        module: tuple(statistics.median(run[module][figure] for run in runs) for figure in (0, 1))
        for module in MODULES
    }
    base_seconds, base_megabytes = medians[BOTO3]
    print()
    for module, (seconds, megabytes) in medians.items():
        print(
            f"{module}: {seconds:.3f} s (x{seconds / base_seconds:.2f}), "
            f"peak {megabytes:.1f} MB (x{megabytes / base_megabytes:.2f})"
        )
    for module in MODULES[1:]:
        seconds, megabytes = medians[module]
        assert seconds / base_seconds < 1.5, module
        assert megabytes / base_megabytes < 1.2, module
