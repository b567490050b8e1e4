from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from cdk_sagemaker_mlops.handlers import aws_calls
from cdk_sagemaker_mlops.handlers.aws_calls import by_meaning, client, patiently
from cdk_sagemaker_mlops.handlers.errors import (
    AlreadyExistsError,
    BusyError,
    MissingError,
    NotReadyError,
    PermanentError,
    RetryableError,
)


def client_error(code: str, message: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "AnyOperation")


@pytest.mark.parametrize(
    ("code", "message", "status", "meaning"),
    [
        ("ValidationException", 'Could not find endpoint "arn".', 400, MissingError),
        ("ValidationException", "ModelPackageGroup g does not exist.", 400, MissingError),
        ("ResourceNotFound", "x", 400, MissingError),
        ("ValidationException", 'Cannot update in-progress endpoint "arn".', 400, BusyError),
        ("ConflictException", "still contains Model Packages", 400, BusyError),
        ("ResourceInUse", "x", 400, BusyError),
        ("ValidationException", 'Cannot create already existing model "arn".', 400, AlreadyExistsError),
        ("ValidationException", "Could not assume role arn.", 400, NotReadyError),
        ("ValidationException", "Could not access model data at s3://b/k.", 400, NotReadyError),
        ("AccessDeniedException", "not authorized", 400, NotReadyError),
        ("ThrottlingException", "Rate exceeded", 400, RetryableError),
        ("ServiceUnavailable", "x", 503, RetryableError),
        ("ResourceLimitExceeded", "limit is 0", 400, PermanentError),
        ("ValidationException", "1 validation error detected", 400, PermanentError),
    ],
)
def test_tells_what_a_refusal_means(code: str, message: str, status: int, meaning: type[Exception]) -> None:
    with pytest.raises(meaning, match=code) as raised, by_meaning():
        raise client_error(code, message, status)
    assert type(raised.value) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (EndpointConnectionError(endpoint_url="https://api"), RetryableError),
        (ReadTimeoutError(endpoint_url="https://api"), RetryableError),
        (NoCredentialsError(), PermanentError),
    ],
)
def test_tells_what_a_failed_connection_means(error: BotoCoreError, meaning: type[Exception]) -> None:
    with pytest.raises(meaning) as raised, by_meaning():
        raise error
    assert type(raised.value) is meaning


def test_does_not_hide_a_defect() -> None:
    with pytest.raises(ZeroDivisionError), by_meaning():
        raise ZeroDivisionError


def test_patience_ends_after_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(aws_calls, "sleep", waits.append)
    attempts: list[int] = []

    def never() -> None:
        attempts.append(1)
        raise MissingError("gone")

    with pytest.raises(MissingError, match="gone"):
        patiently(never, on=(MissingError,))
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert len(attempts) == 6


def test_patience_is_only_for_the_errors_named() -> None:
    def refuse() -> None:
        raise PermanentError("no")

    with pytest.raises(PermanentError, match="no"):
        patiently(refuse, on=(MissingError,))


def test_there_is_one_client_of_each_kind_made_at_first_use_with_retries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(aws_calls.boto3, "client", lambda *_, **options: made.append(options) or object())
    client.cache_clear()
    try:
        assert client("sagemaker") is client("sagemaker")
        assert client("sagemaker", attempts=1, read_timeout=65) is not client("sagemaker")
        client("sagemaker", region="us-east-1")
    finally:
        client.cache_clear()
    usual, careful, elsewhere = made
    assert usual["config"].retries == {"mode": "standard", "total_max_attempts": 4}
    assert usual["config"].read_timeout == 15
    assert "region_name" not in usual
    assert careful["config"].retries == {"mode": "standard", "total_max_attempts": 1}
    assert careful["config"].read_timeout == 65
    assert elsewhere["region_name"] == "us-east-1"
