"""How long `cdk-mlops --help` takes, beside an empty Python."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark

_MOST_SECONDS = 0.3
_RUNS = 10


def seconds(*command: str | Path) -> float:
    """The best of a few runs: what the machine does besides is not the command's."""
    times = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.parametrize("words", [("--help",), ("start", "--help"), ("local", "run", "--help")])
def test_help_starts_at_once(words: tuple[str, ...]) -> None:
    python = seconds(sys.executable, "-c", "pass")
    command = seconds(Path(sys.executable).parent / "cdk-mlops", *words)
    print(f"\ncdk-mlops {' '.join(words)}: {command:.3f} s, of which Python itself {python:.3f} s")
    assert command < _MOST_SECONDS
