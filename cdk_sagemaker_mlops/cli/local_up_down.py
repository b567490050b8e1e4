"""`cdk-mlops local up`, `cdk-mlops local down` and `cdk-mlops local status`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.cli.local_summary import status_text
from cdk_sagemaker_mlops.cli.outcome import SUCCEEDED, carry_out
from cdk_sagemaker_mlops.cli.summary import running_text
from cdk_sagemaker_mlops.cli.terminal import terminal
from cdk_sagemaker_mlops.local.app_folder import app_folder
from cdk_sagemaker_mlops.local.engine_status import EngineStatus, engine_statuses
from cdk_sagemaker_mlops.local.progress import Note, Stages
from cdk_sagemaker_mlops.local.run_report import RunningEngine
from cdk_sagemaker_mlops.local.standing_engine import UpOptions, bring_up, take_down

_NOTHING = "Nothing is running."


def local_up(app_dir: Path, *, port: int | None, iam: bool, json: bool, verbose: bool) -> int:
    """Deploys an app and leaves it running.

    Args:
        app_dir: Folder of the app.
        port: Port of its engine; ``None`` takes a free one.
        iam: Whether IAM policies are enforced.
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
            options = UpOptions(app=app, port=port, iam=iam, on_output=on_output)
            running.append(bring_up(options, Stages(tell=tell)))

    def known() -> dict[str, Any]:
        return running[0].as_json() if running else {"endpoint_url": None, "environment": {}, "stacks": []}

    exit_code = carry_out(command, known=known if json else None, verbose=verbose)
    if running and not json:
        sys.stdout.write(f"\n{running_text(running[0])}\n")
    return exit_code


def local_down(app_dir: Path | None, *, verbose: bool) -> int:
    """Ends what was left running.

    Args:
        app_dir: Folder of the app whose engine to end; ``None`` ends every engine.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code: nothing running is success.
    """

    def command() -> None:
        with terminal() as tell:
            if not take_down(Stages(tell=tell), app_dir):
                tell(Note(text=_NOTHING if app_dir is None else f"{_NOTHING[:-1]} for {app_dir}."))

    return carry_out(command, known=None, verbose=verbose)


def local_status(app_dir: Path | None, *, json: bool, verbose: bool) -> int:
    """Tells what is running.

    Args:
        app_dir: Folder of the app to tell of; ``None`` tells of every one.
        json: Whether to print it as JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code: nothing running is success.
    """
    found: list[EngineStatus] = []

    def command() -> None:
        found.extend(engine_statuses(app_dir))

    def known() -> dict[str, Any]:
        return {"engines": [status.as_json() for status in found]}

    exit_code = carry_out(command, known=known if json else None, verbose=verbose)
    if not json and exit_code == SUCCEEDED:
        sys.stdout.write(f"{status_text(found) if found else _NOTHING}\n")
    return exit_code
