"""The words of the commands that show pictures: of a pipeline, and of a model's evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.options import EndpointUrl, Json, Profile, Region, Stack, Verbose, where

pictures = typer.Typer()


@pictures.command("graph")
def graph(
    *,
    png: Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Draw it as PNG.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it as SVG.")] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print it as a Mermaid flowchart.")] = False,
    execution: Annotated[
        str | None,
        typer.Option("--execution", metavar="ARN|latest", help="Show what that execution has done."),
    ] = None,
    app: Annotated[
        Path | None,
        typer.Option("--app", metavar="DIR", help="Draw an app as 'cdk synth' left it; nothing is called."),
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", metavar="NAME", help="Which pipeline of --app.")
    ] = None,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Draw the pipeline: steps, conditions, parameters, and how an execution stands."""
    from cdk_sagemaker_mlops.cli.graph.command import Wanted, graph

    wanted = Wanted(png=png, svg=svg, mermaid=mermaid, execution=execution, app=app, pipeline=pipeline)
    place = where(stack, profile, region, endpoint_url)
    raise typer.Exit(graph(place, wanted, json=json, verbose=verbose))


@pictures.command("report")
def report(
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Number of a version.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write it. [default: the cache]"),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Fetch the report of a version's evaluation, and open it."""
    from cdk_sagemaker_mlops.cli.report import report

    place = where(stack, profile, region, endpoint_url)
    raise typer.Exit(report(place, version, output=output, open_it=open_it, json=json, verbose=verbose))
