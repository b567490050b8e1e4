"""One hash of everything that a job is given."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.execution.step_context import StepContext
from cdk_sagemaker_mlops.local.execution.transfer import file_digest

# Where a package manager leaves traces of what is installed.
_TRACES = (".dist-info", ".egg-info", ".pth")

# Written from the arguments, which are in the hash themselves, and from the job's own name.
_CONFIGURATION = {
    "config/processingjobconfig.json",
    "config/resourceconfig.json",
    "input/config/hyperparameters.json",
    "input/config/inputdataconfig.json",
    "input/config/resourceconfig.json",
}


def job_digest(arguments: dict[str, Any], context: StepContext) -> str:
    """Returns the hash of what decides a job's result.

    In it are: the pipeline and the step; the resolved arguments of the request, without the places where
    outputs go, which SageMaker leaves out too; name and content of every file that was fetched for the job;
    the environment that all jobs get; the interpreter and what is installed for it. The job's own name is not
    in it.

    Args:
        arguments: The request, its references resolved.
        context: The step; its folder holds the files fetched, as they were fetched.
    """
    known = {
        "pipeline": context.execution.pipeline_arn,
        "step": context.step.name,
        "type": context.step.type,
        "arguments": without_output_places(arguments),
        "files": dict(_files(context.folder / "opt" / "ml")),
        "environment": dict(context.environment),
        "python": [sys.version, sys.executable],
        "installed": sorted(_installed()),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()


def without_output_places(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns a request without the S3 URIs that its outputs go to; they may differ in each execution."""
    left = copy.deepcopy(arguments)
    for output in left.get("ProcessingOutputConfig", {}).get("Outputs", []):
        output.get("S3Output", {}).pop("S3Uri", None)
    left.get("OutputDataConfig", {}).pop("S3OutputPath", None)
    return left


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name not in _CONFIGURATION:
            yield name, file_digest(path)


def _installed() -> Iterator[tuple[str, int]]:
    for folder in filter(os.path.isdir, sys.path):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(_TRACES):
                    yield entry.path, entry.stat().st_mtime_ns
