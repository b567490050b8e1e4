"""The `cdk-mlops` command."""

from __future__ import annotations


def main() -> None:
    """Runs the command with the process's arguments, and exits."""
    from cdk_sagemaker_mlops.cli.commands import cdk_mlops
    from cdk_sagemaker_mlops.local.interruption import ignore_signals

    try:
        cdk_mlops(prog_name="cdk-mlops")
    finally:
        ignore_signals()
