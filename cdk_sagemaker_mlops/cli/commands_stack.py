"""The words of the commands on the endpoint, and on what surrounds a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.options import EndpointUrl, Json, Profile, Region, Stack, Verbose, where

stack_commands = typer.Typer()


@stack_commands.command("invoke")
def invoke(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Rows to send; - for standard input.")],
    *,
    content_type: Annotated[
        str | None,
        typer.Option("--content-type", metavar="TYPE", help="[default: from the suffix, else the content]"),
    ] = None,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="TYPE", help="Content type wanted back.")
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Most rows of a request.")] = 500,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether CSV has one. [default: by its look]")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where predictions go. [default: printed, or beside a large FILE]",
        ),
    ] = None,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Ask the endpoint for predictions.

    A small FILE is answered on standard output; a large one is sent in batches and answered beside it.
    """
    from cdk_sagemaker_mlops.cli.invoke import Asking, invoke

    place = where(stack, profile, region, endpoint_url)
    asking = Asking(
        file=file, content_type=content_type, accept=accept, rows=batch_size, header=header, output=output
    )
    raise typer.Exit(invoke(place, asking, json=json, verbose=verbose))


@stack_commands.command("cleanup")
def cleanup(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete it, with all models in it.")] = False,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help="Only of that stack. [default: of all]")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show, or delete, what deleted stacks left on purpose.

    That is artifact buckets and model registries, which hold your models. What a deployed stack uses is
    shown and not deleted.
    """
    from cdk_sagemaker_mlops.cli.cleanup import cleanup

    place = where(stack, profile, region, endpoint_url)
    raise typer.Exit(cleanup(place, yes=yes, json=json, verbose=verbose))


@stack_commands.command("doctor")
def doctor(
    *,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check tools, credentials, quotas and permissions.

    For each it says what to do. What may not be looked at is no failure.
    """
    from cdk_sagemaker_mlops.cli.doctor import doctor

    raise typer.Exit(doctor(where(stack, profile, region, endpoint_url), json=json, verbose=verbose))
