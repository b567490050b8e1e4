"""What a deployment's handlers are told about hosting, as :mod:`..handlers.contract` lays it out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from constructs import IConstruct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.endpoint import Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.config.smoke_test import SmokeTest
from cdk_sagemaker_mlops.errors import Problem
from cdk_sagemaker_mlops.handlers import contract

# What a value known at deployment only is taken to be, such as the name of an alarm or of a bucket.
_TOKEN_LENGTH = 80


def hosting_document(
    endpoint: Endpoint,
    *,
    endpoint_name: str,
    storage_uri: str,
    alarm_names: Sequence[str],
    smoke_test: SmokeTest | None,
    when_none_approved: str,
    keep_versions: int,
) -> dict[str, Any]:
    """Returns the document, before it becomes JSON text.

    Args:
        endpoint: How the model is hosted.
        endpoint_name: Name of the endpoint.
        storage_uri: Where in S3 to write what the endpoint does not name a place for.
        alarm_names: Alarms that undo a rollout.
        smoke_test: The request that judges a new model.
        when_none_approved: What becomes of the endpoint when no version is approved.
        keep_versions: Deployed versions that are kept.
    """
    document: dict[str, Any] = {
        contract.KIND: endpoint.KIND,
        contract.PRODUCTION_VARIANT: endpoint.production_variant(),
        contract.WHEN_NONE_APPROVED: when_none_approved,
        contract.KEEP_VERSIONS: keep_versions,
    }
    optional: dict[str, Any] = {
        contract.MODEL: endpoint.model(),
        contract.SMOKE_TEST: None if smoke_test is None else smoke_test.smoke_test(),
    }
    if not isinstance(endpoint, ServerlessEndpoint):
        optional[contract.ENDPOINT_CONFIG] = endpoint.endpoint_config(storage_uri)
        optional[contract.DEPLOYMENT_CONFIG] = endpoint.deployment_config(alarm_names)
        optional[contract.SCALING] = endpoint.scaling(endpoint_name)
    return {**document, **{key: value for key, value in optional.items() if value}}


def hosting_text(construct: IConstruct, document: Mapping[str, Any]) -> str:
    """Returns the document as JSON text, with CDK's tokens in it.

    Args:
        construct: Construct that it is for.
        document: The document.

    Raises:
        ValidationError: The text would not fit into the settings of a Lambda function.
    """
    stack = Stack.of(construct)
    text = stack.to_json_string(document)
    resolved = stack.resolve(text)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    length = sum(len(part) if isinstance(part, str) else _TOKEN_LENGTH for part in parts)
    if length > contract.MOST_HOSTING_CHARACTERS:
        sizes = {key: len(json.dumps(stack.resolve(value))) for key, value in document.items()}
        largest = max(sizes, key=lambda key: sizes[key])
        problem = Problem(
            code="HostingTooLarge",
            parameter="endpoint",
            rule=f"need at most {contract.MOST_HOSTING_CHARACTERS} characters of JSON, because the settings "
            "of a Lambda function are limited",
            value=length,
            fix=f"shorten what becomes {largest}, such as the smoke test's payload or variables",
        )
        checks.raise_problems((problem,), at=construct.node.path)
    return text
