"""Where a deployment's model package group is, as seen from its stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Stack, Token
from constructs import IConstruct

from cdk_sagemaker_mlops.constructs.sagemaker_names import arns
from cdk_sagemaker_mlops.errors import Problem


@dataclass(frozen=True, kw_only=True)
class ModelPackageGroup:
    """A group, and where it is.

    Args:
        name: Name of the group.
        account: Account that it is in; may be a token.
        region: Region that it is in; may be a token.
        is_in_account: Whether that is the account of the deployment's stack.
        is_in_region: Whether that is the region of the deployment's stack.
    """

    name: str
    account: str
    region: str
    is_in_account: bool
    is_in_region: bool

    @classmethod
    def of(cls, construct: IConstruct, *, name: str, account: str, region: str) -> ModelPackageGroup:
        """Compares where a group is with the stack of ``construct``."""
        stack = Stack.of(construct)
        return cls(
            name=name,
            account=account,
            region=region,
            is_in_account=account == stack.account,
            is_in_region=region == stack.region,
        )

    @property
    def is_here(self) -> bool:
        """Whether the group is in the account and the region of the deployment's stack."""
        return self.is_in_account and self.is_in_region

    def package_arns(self, construct: IConstruct) -> list[str]:
        """Returns the ARNs that the group's packages may have."""
        return arns(construct, "model-package", f"{self.name}/*", account=self.account, region=self.region)

    def group_arns(self, construct: IConstruct) -> list[str]:
        """Returns the ARNs that the group may have."""
        return arns(construct, "model-package-group", self.name, account=self.account, region=self.region)

    def reference(self, construct: IConstruct) -> str:
        """Returns what SageMaker's API takes for the group: its name, or its ARN if it is elsewhere."""
        return self.name if self.is_here else self.group_arns(construct)[0]

    def problems(self, construct: IConstruct) -> Iterator[Problem | None]:
        """Checks that it is known whether the group is in the deployment's region."""
        region = Stack.of(construct).region
        if self.is_in_region or not (Token.is_unresolved(region) or Token.is_unresolved(self.region)):
            return
        yield Problem(
            code="RegionNotKnown",
            parameter="model_registry",
            rule="be of a region that can be compared with the stack's when the app is synthesised",
            value=("a region known at deployment only" if Token.is_unresolved(self.region) else self.region),
            fix="give the stack a region: Stack(app, 'Churn', env=Environment(region=...)), or build the ARN "
            "with the stack's own Aws.REGION",
        )
