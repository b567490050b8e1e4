"""Checks that the kinds of endpoint share.

Ranges and patterns are those of botocore's ``sagemaker`` service model. CDK tokens pass: the hosting config
reaches SageMaker through the template, where a token for a number can stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# Shapes EnvironmentMap, EnvironmentKey, EnvironmentValue and KmsKeyId.
_MOST_VARIABLES, _VARIABLE_LENGTH = 100, 1024
_KMS_KEY = r"[a-zA-Z0-9:/_-]{0,2048}"
# Shape DestinationS3Uri, as far as it says something: S3 by URI or by URL.
_S3_URI = r"(https|s3)://[^/].{0,500}"
# Shape SnsTopicArn.
_TOPIC_ARN = r"arn:aws[a-z\-]*:sns:[a-z0-9\-]*:[0-9]{12}:[a-zA-Z0-9_.-]+"


def whole_number(
    parameter: str, value: object, low: int, high: int | None, *, code: str, fix: str, unit: str = ""
) -> Problem | None:
    """Checks that ``value`` is a token, or a whole number from ``low`` to ``high``; ``None`` is neither."""
    if checks.is_token(value):
        return None
    return stage_checks.required_whole_number(parameter, value, low, high, code=code, unit=unit, fix=fix)


def optional_whole_number(
    parameter: str, value: object, low: int, high: int | None, *, code: str, fix: str, unit: str = ""
) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or a whole number from ``low`` to ``high``."""
    return None if value is None else whole_number(parameter, value, low, high, code=code, fix=fix, unit=unit)


def seconds(parameter: str, value: object, low: int, high: int, *, code: str, fix: str) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or a whole number of seconds."""
    return optional_whole_number(parameter, value, low, high, code=code, fix=fix, unit="seconds")


def environment(parameter: str, variables: Mapping[str, str]) -> Iterator[Problem | None]:
    """Checks the environment variables of a model's container."""
    return stage_checks.environment(
        parameter,
        variables,
        most=_MOST_VARIABLES,
        name_length=_VARIABLE_LENGTH,
        value_length=_VARIABLE_LENGTH,
    )


def kms_key(parameter: str, value: str | None) -> Problem | None:
    """Checks the shape of the id, ARN or alias of a KMS key."""
    return checks.matches(
        parameter,
        value,
        _KMS_KEY,
        code="InvalidKmsKey",
        rule="be the id, ARN or alias of a KMS key",
        fix="pass key.key_arn",
    )


def s3_uri(parameter: str, value: str | None) -> Problem | None:
    """Checks the shape of an S3 URI that SageMaker writes below."""
    return checks.matches(
        parameter,
        value,
        _S3_URI,
        code="InvalidS3Uri",
        rule="be an S3 URI of up to 512 characters",
        fix="use a URI such as bucket.s3_url_for_object('prefix')",
    )


def topic_arn(parameter: str, value: str | None) -> Problem | None:
    """Checks the shape of the ARN of an SNS topic."""
    return checks.matches(
        parameter,
        value,
        _TOPIC_ARN,
        code="InvalidTopicArn",
        rule="be the ARN of an SNS topic",
        fix="pass topic.topic_arn",
    )
