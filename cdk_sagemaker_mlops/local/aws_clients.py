"""boto3 clients for the engine, untouched by the user's AWS configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.config import Config


def aws_client(service: str, environment: Mapping[str, str], *, region: str | None = None) -> Any:
    """Makes a client of the engine.

    No profile, configuration file, credentials file or proxy of the user's is looked at: a profile that does
    not exist would be an error, and a proxy would be asked for a loopback address.

    Args:
        service: The service's name in boto3.
        environment: Variables that point AWS clients at the engine.
        region: Region to call. Default: the environment's.
    """
    nowhere = os.devnull
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, nowhere, None),
            "credentials_file": (None, None, nowhere, None),
        }
    )
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"] if region is None else region,
        botocore_session=core,
    )
    config = Config(
        proxies={},
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={"addressing_style": "path"},
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
    )
    return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)  # type: ignore[call-overload]
