"""The words of the commands on the versions in the model registry."""

from __future__ import annotations

from typing import Annotated

import typer

from cdk_sagemaker_mlops.cli.options import EndpointUrl, Json, Profile, Region, Stack, Verbose, where

models = typer.Typer()

Version = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Number of a version.")]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the version.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the rollout to its judgement.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MINUTES", min=0, help="Stop waiting after that.")
]


@models.command("versions")
def versions(
    *,
    compare: Annotated[
        tuple[int, int] | None,
        typer.Option("--compare", metavar="VERSION VERSION", help="Put the metrics of two side by side."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Most versions to show.")] = 20,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the model registry.

    For each version: its metrics, its approval, where it is or was deployed, and how it did there.
    """
    from cdk_sagemaker_mlops.cli.versions import versions

    place = where(stack, profile, region, endpoint_url)
    raise typer.Exit(versions(place, compare=compare, limit=limit, json=json, verbose=verbose))


@models.command("approve")
def approve(
    version: Version,
    *,
    reason: Reason = None,
    yes: Yes = False,
    wait: Wait = False,
    timeout: Timeout = 60,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Approve a version: it is deployed.

    A version that failed is tried again when it is approved once more.
    """
    from cdk_sagemaker_mlops.cli.decisions import DecisionOptions, approve

    place = where(stack, profile, region, endpoint_url)
    options = DecisionOptions(reason=reason, yes=yes, wait=wait, timeout_minutes=timeout)
    raise typer.Exit(approve(place, version, options, json=json, verbose=verbose))


@models.command("reject")
def reject(
    version: Version,
    *,
    reason: Reason = None,
    yes: Yes = False,
    wait: Wait = False,
    timeout: Timeout = 60,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Reject a version.

    If it is live, the one approved before returns.
    """
    from cdk_sagemaker_mlops.cli.decisions import DecisionOptions, reject

    place = where(stack, profile, region, endpoint_url)
    options = DecisionOptions(reason=reason, yes=yes, wait=wait, timeout_minutes=timeout)
    raise typer.Exit(reject(place, version, options, json=json, verbose=verbose))


@models.command("rollback")
def rollback(
    *,
    reason: Reason = None,
    yes: Yes = False,
    timeout: Timeout = 60,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Reject the live version, and wait for the one before."""
    from cdk_sagemaker_mlops.cli.decisions import DecisionOptions, rollback

    place = where(stack, profile, region, endpoint_url)
    options = DecisionOptions(reason=reason, yes=yes, wait=True, timeout_minutes=timeout)
    raise typer.Exit(rollback(place, options, json=json, verbose=verbose))
