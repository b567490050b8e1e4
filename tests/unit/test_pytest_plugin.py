"""What every pytest session of whoever has the library installed pays for the plugin."""

from __future__ import annotations

import subprocess
import sys

IMPORT = """
import sys
import pytest, pathlib
before = set(sys.modules)
import cdk_sagemaker_mlops.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported_but_the_module_itself() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["cdk_sagemaker_mlops", "cdk_sagemaker_mlops.pytest_plugin"]
