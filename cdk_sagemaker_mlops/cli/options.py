"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.place import Where

Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="Stack, or path of the MlopsPipeline in it. [default: the app's here, or the only one]",
    ),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="AWS profile to use.")]
Region = Annotated[str | None, typer.Option("--region", metavar="NAME", help="AWS region to use.")]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        metavar="URL",
        help="Where AWS is called, such as a local engine. [default: AWS_ENDPOINT_URL, else AWS]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to standard error.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")]


def where(stack: str | None, profile: str | None, region: str | None, endpoint_url: str | None) -> Where:
    """Gathers the options that say what a command is about."""
    return Where(stack=stack, profile=profile, region=region, endpoint_url=endpoint_url)
