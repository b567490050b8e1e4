"""ARNs of KMS keys that are named as SageMaker's API takes them."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import IConstruct

from cdk_sagemaker_mlops.config import checks


def key_arn(construct: IConstruct, key: str) -> str:
    """Returns the ARN of a key for IAM, which knows no aliases: by an alias, it is any key of the account.

    Args:
        construct: A construct of the stack concerned.
        key: ARN, id or alias of the key; may be a token for an ARN.
    """
    is_alias = key.startswith("alias/") or ":alias/" in key
    if not is_alias and (key.startswith("arn:") or checks.is_token(key)):
        return key
    name = "*" if is_alias else key
    return Stack.of(construct).format_arn(service="kms", resource="key", resource_name=name)
