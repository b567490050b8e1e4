"""Where a command's AWS calls go: the user's AWS account, or a local engine that was left running."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.deployed.account import Account, connect, is_loopback


def reach(where: Where) -> Account:
    """Says where to call AWS, without calling it.

    The address of a local engine is enough to use it: its region and credentials are known.

    Args:
        where: What the user said.

    Raises:
        ValidationError: No region is known.
        botocore.exceptions.ProfileNotFound: There is no such profile.
    """
    given = where.endpoint_url
    url = os.environ.get("AWS_ENDPOINT_URL") if given is None else given
    engine = _engine_environment(url) if url is not None and is_loopback(url) else None
    if url is None or engine is None:
        return connect(profile=where.profile, region=where.region, endpoint_url=url)
    region = engine["AWS_DEFAULT_REGION"] if where.region is None else where.region

    def make_client(service: str, in_region: str) -> Any:
        from cdk_sagemaker_mlops.local.aws_clients import aws_client

        return aws_client(service, engine, region=in_region)

    return Account(make_client, region=region, endpoint_url=url)


def _engine_environment(url: str) -> Mapping[str, str] | None:
    """The variables of the engine that runs at an address; ``None`` when none of ours does."""
    from cdk_sagemaker_mlops.config.cache_folder import cache_folder
    from cdk_sagemaker_mlops.local.session_store import live_sessions

    found = (one for one in live_sessions(cache_folder(os.environ)) if one.endpoint_url == url.rstrip("/"))
    session = next(found, None)
    return None if session is None else session.client_environment


def app_stacks(folder: Path) -> tuple[str, ...]:
    """Names the stacks of the app in a folder, from what it synthesised last; it is not run.

    Args:
        folder: The folder that may hold ``cdk.json``.

    Returns:
        Nothing when it holds no app, or one that was never synthesised there.
    """
    from cdk_sagemaker_mlops.errors import MlopsError
    from cdk_sagemaker_mlops.local.assembly import read_stacks

    try:
        settings = json.loads((folder / "cdk.json").read_text("utf-8"))
        output = settings.get("output", "cdk.out") if isinstance(settings, dict) else "cdk.out"
        return tuple(stack.name for stack in read_stacks(folder / output))
    except (OSError, ValueError, KeyError, MlopsError):
        return ()
