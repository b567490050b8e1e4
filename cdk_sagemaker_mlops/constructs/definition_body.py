"""Puts the stack's own values where a definition has placeholders."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnMapping, Stack, Token
from constructs import Construct

from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.image_registries import image_hosts
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

_ACCOUNT_KEY = "Account"


class ImageAccounts(Construct):
    """Looks up, at deployment, the accounts that AWS keeps its images in: a ``CfnMapping`` a registry.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        tables: Account placeholder to (region to account).
    """

    def __init__(self, scope: Construct, id: str, *, tables: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(scope, id)
        region = Stack.of(self).region
        self._accounts = {
            placeholder: CfnMapping(
                self,
                f"Registry{index}",
                mapping={name: {_ACCOUNT_KEY: account} for name, account in sorted(table.items())},
            ).find_in_map(region, _ACCOUNT_KEY)
            for index, (placeholder, table) in enumerate(tables.items())
        }

    def resolve(self, account: str) -> str:
        """Returns the account, or the token that stands for it if ``account`` is a placeholder."""
        return self._accounts.get(account, account)

    def replace_in(self, document: str) -> str:
        """Replaces the placeholder hosts of image URIs, and the placeholder accounts."""
        stack = Stack.of(self)
        for placeholder, account in self._accounts.items():
            hosted = f"{account}.dkr.ecr.{stack.region}.{stack.url_suffix}"
            document = hosted.join(image_hosts(placeholder).split(document)).replace(placeholder, account)
        return document


def definition_body(
    definition: PipelineDefinition,
    *,
    images: ImageAccounts,
    pipeline_name: str,
    role_arn: str,
    bucket_name: str,
) -> str:
    """Returns the definition's text with CDK tokens, which CloudFormation joins at deployment.

    Raises:
        DefinitionError: A placeholder is left over, because the SDK altered it.
    """
    stack = Stack.of(images)
    values = {
        placeholders.ROLE_ARN: role_arn,
        placeholders.BUCKET: bucket_name,
        placeholders.REGION: stack.region,
        placeholders.ACCOUNT_ID: stack.account,
        **{placeholder: Token.as_string(token) for placeholder, token in definition.tokens.items()},
    }
    body = images.replace_in(definition.document)
    for placeholder, value in values.items():
        body = body.replace(placeholder, value)
    placeholders.require_none_left(body, pipeline_name=pipeline_name)
    return body
