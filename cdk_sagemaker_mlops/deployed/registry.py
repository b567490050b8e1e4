"""A model package group: its versions, and decisions on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel, describe_model
from cdk_sagemaker_mlops.errors import Problem, ValidationError

Decision = Literal["Approved", "Rejected"]
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A model package group.

    Args:
        sagemaker: A SageMaker client of the group's region.
        s3: An S3 client.
        group: The group's name, or its ARN when it is of another account or region.
    """

    sagemaker: Any
    s3: Any
    group: str

    def latest(self, count: int) -> tuple[RegisteredModel, ...]:
        """Describes the newest versions, newest first.

        Args:
            count: How many at most, 1 to 100.
        """
        page = self.sagemaker.list_model_packages(
            ModelPackageGroupName=self.group, SortBy="CreationTime", SortOrder="Descending", MaxResults=count
        )
        arns = [summary["ModelPackageArn"] for summary in page["ModelPackageSummaryList"]]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            models = pool.map(lambda arn: describe_model(self.sagemaker, self.s3, arn), arns)
            return tuple(sorted(models, key=lambda model: model.version, reverse=True))

    def version(self, number: int) -> RegisteredModel:
        """Describes one version.

        Raises:
            ValidationError: The group has no such version.
        """
        group = self.sagemaker.describe_model_package_group(ModelPackageGroupName=self.group)
        arn = group["ModelPackageGroupArn"].replace(":model-package-group/", ":model-package/", 1)
        try:
            return describe_model(self.sagemaker, self.s3, f"{arn}/{number}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            raise ValidationError(self._no_version(number)) from error

    def _no_version(self, number: int) -> Problem:
        return Problem(
            code="NoSuchVersion",
            parameter="VERSION",
            rule=f"be a version in {self.group}",
            value=number,
            fix="choose one that cdk-mlops versions shows",
        )

    def decide(self, model: RegisteredModel, decision: Decision, *, reason: str) -> None:
        """Approves or rejects a version; doing so again is a new decision.

        Args:
            model: The version.
            decision: What is decided.
            reason: Why, up to 1,024 characters.
        """
        self.sagemaker.update_model_package(
            ModelPackageArn=model.arn, ModelApprovalStatus=decision, ApprovalDescription=reason
        )


def open_registry(account: Account, group: str) -> Registry:
    """Gives the registry of a group.

    Args:
        account: Where AWS is called.
        group: The group's name or ARN.
    """
    region = group.split(":")[3] if group.startswith("arn:") else None
    return Registry(
        sagemaker=account.client("sagemaker", region=region), s3=account.client("s3"), group=group
    )
