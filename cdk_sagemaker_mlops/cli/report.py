"""`cdk-mlops report`."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

from rich.text import Text

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.output_file import write_file
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.config.cache_folder import cache_folder
from cdk_sagemaker_mlops.deployed.evaluation_report import fetch_report


def report(
    where: Where, version: int, *, output: Path | None, open_it: bool, json: bool, verbose: bool
) -> int:
    """Fetches the report of a version's evaluation, and opens it.

    Args:
        where: Which pipeline's registry.
        version: Number of the version.
        output: File to write. ``None`` writes one in the cache.
        open_it: Whether to open it in the browser; with ``json`` it is not.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        registry = operation.registry
        model = registry.version(version)
        found = fetch_report(registry.sagemaker, registry.s3, model.arn)
        path = _cached(registry.group, version) if output is None else output
        write_file(path, found.content, option="--output")
        absolute = path.resolve()
        operation.answer.update(
            version=version, model_package_arn=model.arn, path=str(absolute), s3_uri=found.s3_uri
        )
        operation.show(Text(f"Report of version {version}: {absolute}"))
        if open_it and not json and not webbrowser.open(absolute.as_uri()):
            operation.note("No browser was found: open the file yourself.")

    return operate(body, where, json=json, verbose=verbose)


def _cached(group: str, version: int) -> Path:
    # A group of another account is known by its ARN, whose last part is the name.
    folder = cache_folder(os.environ) / "reports" / group.rpartition("/")[2]
    return folder / f"version-{version}.html"
