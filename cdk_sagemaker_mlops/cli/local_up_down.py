"""`cdk-mlops local up` and `cdk-mlops local down`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.cli.outcome import carry_out
from cdk_sagemaker_mlops.cli.summary import running_text
from cdk_sagemaker_mlops.cli.terminal import terminal
from cdk_sagemaker_mlops.local.app_folder import app_folder
from cdk_sagemaker_mlops.local.progress import Note, Stages
from cdk_sagemaker_mlops.local.run_report import RunningEngine
from cdk_sagemaker_mlops.local.standing_engine import bring_up, take_down


def local_up(app_dir: Path, *, json: bool, verbose: bool) -> int:
    """Deploys an app and leaves it running.

    Args:
        app_dir: Folder of the app.
        json: Whether to print where it is running as JSON.
        verbose: Whether to show what the CDK CLI prints and tracebacks.

    Returns:
        The exit code.
    """
    running: list[RunningEngine] = []

    def command() -> None:
        app = app_folder(app_dir)
        with terminal() as tell:
            on_output = (lambda line: tell(Note(text=line))) if verbose else None
            running.append(bring_up(app, Stages(tell=tell), on_output=on_output))

    def known() -> dict[str, Any]:
        return running[0].as_json() if running else {"endpoint_url": None, "environment": {}, "stacks": []}

    exit_code = carry_out(command, known=known if json else None, verbose=verbose)
    if running and not json:
        sys.stdout.write(f"\n{running_text(running[0])}\n")
    return exit_code


def local_down(*, verbose: bool) -> int:
    """Ends what was left running.

    Args:
        verbose: Whether to show tracebacks.

    Returns:
        The exit code: nothing running is success.
    """

    def command() -> None:
        with terminal() as tell:
            if not take_down(Stages(tell=tell)):
                tell(Note(text="Nothing is running."))

    return carry_out(command, known=None, verbose=verbose)
