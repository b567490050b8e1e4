"""The words of `cdk-mlops local`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.options import Json

local = typer.Typer(
    name="local",
    help="Run an app on this machine: no AWS account, no Docker.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
AppDir = Annotated[Path, typer.Argument(metavar="APP_DIR", help="Folder of a CDK app: it holds cdk.json.")]
SomeAppDir = Annotated[
    Path | None, typer.Argument(metavar="[APP_DIR]", help="Folder of the app. [default: every app]")
]
Iam = Annotated[bool, typer.Option("--iam", help="Enforce IAM policies, as AWS does.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Port of the engine. [default: a free one]"),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Show what the CDK CLI prints, and the traceback of an error.")
]


@local.command("run")
def run(
    app_dir: AppDir,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the engine and the stacks running.")] = False,
    iam: Iam = False,
    approve: Annotated[
        bool, typer.Option("--approve/--no-approve", help="Approve the model package, which deploys it.")
    ] = True,
    payload: Annotated[
        Path | None,
        typer.Option(
            "--payload", metavar="FILE", help="Request to send. [default: payload.csv or .json in APP_DIR]"
        ),
    ] = None,
    content_type: Annotated[
        str | None,
        typer.Option("--content-type", metavar="TYPE", help="Its content type. [default: from its suffix]"),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Deploy an app, run its pipeline, approve the model, ask the endpoint, and clean up."""
    from cdk_sagemaker_mlops.cli.local_run import local_run

    exit_code = local_run(
        app_dir,
        keep=keep,
        iam=iam,
        approve=approve,
        payload=payload,
        content_type=content_type,
        json=json,
        verbose=verbose,
    )
    raise typer.Exit(exit_code)


@local.command("up")
def up(
    app_dir: AppDir, *, port: Port = None, iam: Iam = False, json: Json = False, verbose: Verbose = False
) -> None:
    """Deploy an app and leave it running; again, to deploy what has changed."""
    from cdk_sagemaker_mlops.cli.local_up_down import local_up

    raise typer.Exit(local_up(app_dir, port=port, iam=iam, json=json, verbose=verbose))


@local.command("down")
def down(app_dir: SomeAppDir = None, *, verbose: Verbose = False) -> None:
    """End what `up` or `run --keep` left running, and delete its data."""
    from cdk_sagemaker_mlops.cli.local_up_down import local_down

    raise typer.Exit(local_down(app_dir, verbose=verbose))


@local.command("status")
def status(app_dir: SomeAppDir = None, *, json: Json = False, verbose: Verbose = False) -> None:
    """Tell what is running: engines, their pipelines, and what their endpoints serve."""
    from cdk_sagemaker_mlops.cli.local_up_down import local_status

    raise typer.Exit(local_status(app_dir, json=json, verbose=verbose))
