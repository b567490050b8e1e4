"""The words of the commands on a pipeline and its executions."""

from __future__ import annotations

from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.options import EndpointUrl, Json, Profile, Region, Stack, Verbose, where

pipeline = typer.Typer()


@pipeline.command("start")
def start(
    *,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", "-p", metavar="Name=value", help="Value of a parameter; repeat for more."
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it, step by step, to its end.")] = False,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Start the pipeline."""
    from cdk_sagemaker_mlops.cli.start import start

    place = where(stack, profile, region, endpoint_url)
    assignments = [] if parameter is None else parameter
    raise typer.Exit(start(place, assignments=assignments, wait=wait, json=json, verbose=verbose))


@pipeline.command("status")
def status(
    *,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show executions, versions, endpoint, alarms, dead letters."""
    from cdk_sagemaker_mlops.cli.status import status

    raise typer.Exit(status(where(stack, profile, region, endpoint_url), json=json, verbose=verbose))


@pipeline.command("logs")
def logs(
    step: Annotated[str | None, typer.Argument(metavar="[STEP]", help="One step. [default: all]")] = None,
    *,
    execution: Annotated[
        str | None, typer.Option("--execution", metavar="ID", help="An execution. [default: the last one]")
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=1, max=10_000, help="Most lines of each job.")
    ] = 200,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show what the jobs of the last execution printed."""
    from cdk_sagemaker_mlops.cli.logs import logs

    place = where(stack, profile, region, endpoint_url)
    raise typer.Exit(logs(place, step=step, execution=execution, lines=lines, json=json, verbose=verbose))
