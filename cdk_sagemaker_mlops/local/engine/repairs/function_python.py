"""Python functions run with the engine's own interpreter, and could import everything installed beside it.

A function that lacks a package would pass here and fail on AWS, whose runtime carries boto3 only.
"""

from __future__ import annotations

from pathlib import Path


def apply(interpreter: Path) -> None:
    """Runs Python functions with ``interpreter``.

    Args:
        interpreter: Python with boto3 and nothing else, as :func:`~cdk_sagemaker_mlops.local.lambda_python`
        builds.
    """
    from ministack.core import lambda_runtime

    detect = lambda_runtime._detect_runtime_binary

    def choose(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (str(interpreter) if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = choose
