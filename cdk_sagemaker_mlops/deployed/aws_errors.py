"""Words what AWS, or the way to it, refused."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)

from cdk_sagemaker_mlops.errors import Problem

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}


def aws_problem(error: ClientError | BotoCoreError) -> Problem:
    """Says what was refused and what to do about it, in one line."""
    if isinstance(error, ClientError):
        return _refused(error)
    return Problem(
        code=type(error).__name__.removesuffix("Error"),
        parameter="AWS",
        rule="be reachable with the configuration at hand",
        value=" ".join(str(error).split()),
        fix=_way_out(error),
    )


def _refused(error: ClientError) -> Problem:
    code = error.response["Error"]["Code"]
    message = " ".join(error.response["Error"].get("Message", "").split())
    fix = "run again with --verbose to see where it came from"
    if code in _DENIED:
        fix = "ask for that permission, or choose another --profile"
    elif code in _EXPIRED:
        fix = "sign in again, such as with aws sso login, or choose another --profile"
    elif "Throttl" in code:
        fix = "wait a minute and run it again"
    return Problem(
        code=code, parameter=error.operation_name, rule="be accepted by AWS", value=message, fix=fix
    )


def _way_out(error: BotoCoreError) -> str:
    if isinstance(error, ProfileNotFound):
        return "choose a --profile that aws configure list-profiles shows"
    if isinstance(error, NoCredentialsError):
        return "sign in, such as with aws sso login, or give --profile; cdk-mlops doctor tells more"
    if isinstance(error, EndpointConnectionError):
        return "check the network, the region and --endpoint-url; is the local engine still up?"
    return "sign in again or correct it; cdk-mlops doctor tells more"
