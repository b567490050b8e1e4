"""`cdk-mlops local run`."""

from __future__ import annotations

import sys
from pathlib import Path

from cdk_sagemaker_mlops.cli.outcome import carry_out
from cdk_sagemaker_mlops.cli.summary import summary
from cdk_sagemaker_mlops.cli.terminal import terminal
from cdk_sagemaker_mlops.local.app_folder import app_folder
from cdk_sagemaker_mlops.local.loop import LoopOptions, run_loop
from cdk_sagemaker_mlops.local.payload import find_payload
from cdk_sagemaker_mlops.local.progress import Note, Stages
from cdk_sagemaker_mlops.local.run_report import RunReport


def local_run(
    app_dir: Path,
    *,
    keep: bool,
    iam: bool,
    approve: bool,
    payload: Path | None,
    content_type: str | None,
    json: bool,
    verbose: bool,
) -> int:
    """Runs the whole loop.

    Args:
        app_dir: Folder of the app.
        keep: Whether the engine and the stacks stay.
        iam: Whether IAM policies are enforced.
        approve: Whether the model package is approved.
        payload: File of the request; ``None`` looks in the app's folder.
        content_type: Its content type; ``None`` goes by its suffix.
        json: Whether to print the report as JSON.
        verbose: Whether to show what the CDK CLI prints and tracebacks.

    Returns:
        The exit code.
    """
    report = RunReport()

    def command() -> None:
        app = app_folder(app_dir)
        request = find_payload(app.path, file=payload, content_type=content_type)
        with terminal() as tell:
            options = LoopOptions(
                app=app,
                payload=request,
                approve=approve,
                keep=keep,
                iam=iam,
                on_output=(lambda line: tell(Note(text=line))) if verbose else None,
            )
            run_loop(options, Stages(tell=tell), report)

    exit_code = carry_out(command, known=report.as_json if json else None, verbose=verbose)
    if not json and report.seconds:
        sys.stdout.write(f"\n{summary(report)}\n")
    return exit_code
