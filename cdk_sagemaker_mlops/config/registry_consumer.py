"""Who deploys from a registry of another account or region."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_sagemaker_mlops.config import checks


@dataclass(frozen=True, kw_only=True)
class RegistryConsumer:
    """An account, and a region in it, that deploys a registry's models.

    Args:
        account: Id of the account; may be a CDK token.
        region: Region that is told of the registry's changes; may be a CDK token. Default: the registry's.

    Raises:
        ValidationError: A value is not the id of an account, or not the name of a region.
    """

    account: str
    region: str | None = None

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                checks.matches(
                    "shared_with.account",
                    self.account,
                    r"[0-9]{12}",
                    code="InvalidAccount",
                    rule="be the 12 digits of an account's id",
                    fix="give the account as a string, such as '123456789012'",
                ),
                checks.matches(
                    "shared_with.region",
                    self.region,
                    r"[a-z]{2}(-[a-z]+)+-[0-9]+",
                    code="InvalidRegion",
                    rule="be the name of a region",
                    fix="use one such as 'eu-west-1'",
                ),
            )
        )
