"""An account and region, reached as the user's configuration says, or on a local engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from cdk_sagemaker_mlops.errors import Problem, ValidationError

MakeClient = Callable[[str, str], Any]
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Account:
    """Where AWS is called: its clients, each made when it is first asked for.

    Thread-safe.

    Args:
        make_client: Makes the client of a service, named as boto3 names it, in a region.
        region: Region that the clients call.
        endpoint_url: Address of a local engine. Default: ``None``, AWS.
    """

    def __init__(self, make_client: MakeClient, *, region: str, endpoint_url: str | None = None) -> None:
        self.region = region
        self.endpoint_url = endpoint_url
        self._make_client = make_client
        self._clients: dict[tuple[str, str], Any] = {}
        # Making a client is not thread-safe in boto3; using one is.
        self._lock = threading.Lock()

    @property
    def is_local(self) -> bool:
        """Whether AWS is emulated on this machine."""
        return is_loopback(self.endpoint_url)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Gives the client of a service.

        Args:
            service: Its name in boto3.
            region: Region to call. Default: this account's.
        """
        key = (service, self.region if region is None else region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make_client(*key)
            return self._clients[key]


def is_loopback(endpoint_url: str | None) -> bool:
    """Says whether an address is on this machine."""
    return endpoint_url is not None and urlsplit(endpoint_url).hostname in _LOOPBACK


def connect(
    *, profile: str | None = None, region: str | None = None, endpoint_url: str | None = None
) -> Account:
    """Reaches AWS by boto3's own rules: environment, profile, credentials.

    Nothing is called yet.

    Args:
        profile: Profile of the AWS configuration. Default: ``AWS_PROFILE``, else ``default``.
        region: Region to call. Default: the environment's or the profile's.
        endpoint_url: Address to call instead of AWS. Default: AWS, unless boto3's configuration names one.

    Raises:
        ValidationError: No region is known.
        botocore.exceptions.ProfileNotFound: There is no such profile.
    """
    session = boto3.Session(profile_name=profile, region_name=region)
    known = session.region_name
    if known is None:
        raise ValidationError(
            Problem(
                code="NoRegion",
                parameter="--region",
                rule="be given where neither AWS_REGION nor the profile names one",
                value=region,
                fix="add --region, such as --region eu-west-1",
            )
        )
    # A proxy would be asked for an address of its own machine.
    nearby: dict[str, Any] = {"proxies": {}} if is_loopback(endpoint_url) else {}
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, **nearby)

    def make_client(service: str, where: str) -> Any:
        return session.client(service, region_name=where, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]

    return Account(make_client, region=known, endpoint_url=endpoint_url)
