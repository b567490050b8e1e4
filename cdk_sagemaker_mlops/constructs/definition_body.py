"""Puts the stack's own values where a definition has placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from aws_cdk import CfnMapping, Stack, Token
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
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

    def substitutions(self) -> Iterator[tuple[re.Pattern[str], str]]:
        """Yields the hosts of image URIs, then the accounts alone, each with what replaces it."""
        stack = Stack.of(self)
        for placeholder, account in self._accounts.items():
            yield image_hosts(placeholder), f"{account}.dkr.ecr.{stack.region}.{stack.url_suffix}"
            yield re.compile(placeholder), account


class DefinitionBody:
    """A definition and the values that belong into it.

    Args:
        definition: The definition, with placeholders.
        images: Accounts of the image registries.
        pipeline_name: Name of the pipeline, for errors.
        role_arn: ARN of the execution role.
        bucket_name: Name of the artifact bucket.
    """

    def __init__(
        self,
        definition: PipelineDefinition,
        *,
        images: ImageAccounts,
        pipeline_name: str,
        role_arn: str,
        bucket_name: str,
    ) -> None:
        stack = Stack.of(images)
        values = {
            placeholders.ROLE_ARN: role_arn,
            placeholders.BUCKET: bucket_name,
            placeholders.REGION: stack.region,
            placeholders.ACCOUNT_ID: stack.account,
            **{placeholder: Token.as_string(token) for placeholder, token in definition.tokens.items()},
        }
        self._document = definition.document
        self._pipeline_name = pipeline_name
        # Some placeholders are parts of others: longer ones come first.
        self._substitutions = [
            *images.substitutions(),
            *((re.compile(re.escape(placeholder)), value) for placeholder, value in values.items()),
        ]

    def with_tokens(self) -> str:
        """Returns the definition's text with CDK tokens, which CloudFormation joins at deployment.

        Raises:
            DefinitionError: A placeholder is left over, because the SDK altered it.
        """
        return self._substituted({})

    def with_markers(self) -> tuple[str, Mapping[str, str]]:
        """Returns the definition's text without tokens, to be kept in a file.

        Returns:
            The text, with a marker wherever a token belongs; and marker to token, one for each value,
            however often it occurs.

        Raises:
            DefinitionError: A placeholder is left over, because the SDK altered it.
        """
        values = (value for _, value in self._substitutions if checks.is_token(value))
        markers = {value: f"<<token-{number}>>" for number, value in enumerate(dict.fromkeys(values))}
        text = self._substituted(markers)
        return text, {marker: value for value, marker in markers.items() if marker in text}

    def _substituted(self, markers: Mapping[str, str]) -> str:
        text = self._document
        for pattern, value in self._substitutions:
            text = markers.get(value, value).join(pattern.split(text))
        placeholders.require_none_left(text, pipeline_name=self._pipeline_name)
        return text
