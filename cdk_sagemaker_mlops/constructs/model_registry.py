"""The model package group that model versions are registered in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import ArnFormat, CustomResource, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.registry_consumer import RegistryConsumer
from cdk_sagemaker_mlops.constructs.custom_resource_provider import CustomResourceProvider
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.registry_sharing import (
    consumers_of,
    forward_events,
    group_policy,
    share_artifacts,
)
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns, name_problem
from cdk_sagemaker_mlops.errors import Problem
from cdk_sagemaker_mlops.handlers import contract

_MOST_DESCRIPTION = 1024
# botocore's sagemaker model, shape ModelPackageGroupArn.
_ARN = re.compile(
    r"arn:aws[a-z\-]*:sagemaker:(?P<region>[a-z0-9\-]{9,16}):(?P<account>[0-9]{12})"
    r":model-package-group/(?P<name>[\S]{1,2048})"
)


class ModelRegistry(Construct):
    """Defines a model package group: the versions of one model, each approved or rejected by people.

    It costs nothing. By default it stays when its stack is deleted, because it is the record of what was
    trained. Shared with other accounts or regions, it also defines what lets them deploy from it: the group's
    policy, grants on bucket and key, and a rule each that sends the group's events to their event bus.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        model_package_group_name: Name of the group, 1 to 63 letters, digits and hyphens. Default: generated
            from the stack's name and this construct's path.
        description: What the group holds, at most 1024 characters. SageMaker cannot change it later: a new
            description means a new group, which then needs a new name. Default: none.
        removal_policy: ``RemovalPolicy.RETAIN``, or ``RemovalPolicy.DESTROY`` to delete all versions and the
            group with the stack. Default: ``RemovalPolicy.RETAIN``.
        shared_with: Who else deploys from the registry: ids of accounts, or a ``RegistryConsumer`` each. They
            can deploy what is approved here, and cannot approve. Default: nobody.
        artifact_bucket: Bucket with the models, which ``shared_with`` then may read. Default: none.
        encryption_key: Key that the models are encrypted with, which ``shared_with`` then may decrypt with.
            Default: that of ``artifact_bucket``.

    Attributes:
        model_package_group_name: Name of the group.
        model_package_group_arn: ARN of the group.
        account: Account that the group is in.
        region: Region that the group is in.

    Raises:
        ValidationError: An argument is not one that SageMaker accepts.
        TypeError: ``shared_with`` is not a sequence of account ids and consumers.
    """

    model_package_group_name: str
    model_package_group_arn: str
    account: str
    region: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model_package_group_name: str | None = None,
        description: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        shared_with: Sequence[str | RegistryConsumer] = (),
        artifact_bucket: s3.IBucket | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        consumers = consumers_of(shared_with)
        checks.raise_problems(
            (
                name_problem(
                    "model_package_group_name",
                    model_package_group_name,
                    fix="leave it out to have a name generated",
                ),
                _description_problem(description),
                _removal_policy_problem(removal_policy),
            ),
            at=f"{scope.node.path}/{id}",
        )
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.account, self.region = stack.account, stack.region
        name = resource_name(self) if model_package_group_name is None else model_package_group_name
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Resource",
            model_package_group_name=name,
            model_package_group_description=description,
            model_package_group_policy=group_policy(self, name, consumers),
        )
        group.apply_removal_policy(removal_policy)
        if removal_policy == RemovalPolicy.DESTROY:
            self._purge_before_deleting(group)
        self.model_package_group_name = name
        self.model_package_group_arn = group.attr_model_package_group_arn
        self._consumers = consumers
        if consumers:
            forward_events(Construct(self, "Forwarding"), name, consumers)
        if artifact_bucket is not None:
            self.share_artifacts(artifact_bucket, encryption_key=encryption_key)

    def share_artifacts(self, artifact_bucket: s3.IBucket, *, encryption_key: kms.IKey | None = None) -> None:
        """Lets those that the registry is shared with read models of a bucket that was defined later.

        Args:
            artifact_bucket: Bucket with the models.
            encryption_key: Key that they are encrypted with. Default: the bucket's.
        """
        share_artifacts(self, self._consumers, artifact_bucket=artifact_bucket, encryption_key=encryption_key)

    @staticmethod
    def from_model_package_group_name(scope: Construct, id: str, name: str) -> ModelRegistry:
        """Stands for a group of this account and region that is defined elsewhere.

        Args:
            scope: Construct this one belongs to.
            id: Name of this construct, unique within ``scope``.
            name: Name of the group.

        Raises:
            ValidationError: ``name`` is not the name of a group.
        """
        problem = name_problem("name", name, fix="pass the name of the model package group, not its ARN")
        checks.raise_problems((problem,), at=f"{scope.node.path}/{id}")
        stack = Stack.of(scope)
        return _ImportedModelRegistry(scope, id, name, account=stack.account, region=stack.region)

    @staticmethod
    def from_model_package_group_arn(scope: Construct, id: str, arn: str) -> ModelRegistry:
        """Stands for a group that is defined elsewhere, also in another account or region.

        Args:
            scope: Construct this one belongs to.
            id: Name of this construct, unique within ``scope``.
            arn: ARN of the group; it may be a token, or contain tokens.

        Raises:
            ValidationError: ``arn`` is not the ARN of a group.
        """
        problem = checks.matches(
            "arn",
            arn,
            _ARN.pattern,
            code="InvalidArn",
            rule="be the ARN of a model package group",
            fix="use registry.model_package_group_arn, or "
            "'arn:aws:sagemaker:<region>:<account>:model-package-group/<name>'",
        )
        checks.raise_problems((problem,), at=f"{scope.node.path}/{id}".lstrip("/"))
        parts = Stack.of(scope).split_arn(arn, ArnFormat.SLASH_RESOURCE_NAME)
        return _ImportedModelRegistry(
            scope,
            id,
            str(parts.resource_name),
            account=str(parts.account),
            region=str(parts.region),
            arn=arn,
        )

    def _purge_before_deleting(self, group: sagemaker.CfnModelPackageGroup) -> None:
        """Lets CloudFormation, on delete, empty the group first: SageMaker deletes no group with versions."""
        provider = CustomResourceProvider.for_stack(self)
        name = group.model_package_group_name
        policy = iam.Policy(
            self,
            "PurgePolicy",
            roles=[provider.role],
            statements=[
                # Lists have no resource to narrow them to.
                iam.PolicyStatement(actions=["sagemaker:ListModelPackages"], resources=["*"]),
                iam.PolicyStatement(
                    actions=["sagemaker:DeleteModelPackage"],
                    resources=arns(self, "model-package", f"{name}/*"),
                ),
                iam.PolicyStatement(
                    actions=["sagemaker:DeleteModelPackageGroup", "sagemaker:DescribeModelPackageGroup"],
                    resources=arns(self, "model-package-group", name),
                ),
            ],
        )
        accept_findings(
            policy,
            {"AwsSolutions-IAM5": "Lists have no resource to name; the rest is narrowed to one group"},
        )
        purge = CustomResource(
            self,
            "Purge",
            resource_type=contract.MODEL_PACKAGE_GROUP_PURGE,
            service_token=provider.service_token,
            properties={contract.MODEL_PACKAGE_GROUP_NAME: name},
        )
        purge.node.add_dependency(policy, group)


class _ImportedModelRegistry(ModelRegistry):
    """A group that is defined elsewhere."""

    def __init__(
        self, scope: Construct, id: str, name: str, *, account: str, region: str, arn: str | None = None
    ) -> None:
        Construct.__init__(self, scope, id)
        self.account, self.region = account, region
        self.model_package_group_name = name
        self.model_package_group_arn = arns(self, "model-package-group", name)[-1] if arn is None else arn
        self._consumers: list[RegistryConsumer] = []


def _description_problem(description: str | None) -> Problem | None:
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html
    return checks.matches(
        "description",
        description,
        rf"[^\x00-\x1f\x7f]{{0,{_MOST_DESCRIPTION}}}",
        code="InvalidDescription",
        rule=f"be at most {_MOST_DESCRIPTION} characters on one line",
        fix="shorten it, or leave it out",
    )


def _removal_policy_problem(policy: RemovalPolicy) -> Problem | None:
    if policy in (RemovalPolicy.RETAIN, RemovalPolicy.DESTROY):
        return None
    return Problem(
        code="InvalidRemovalPolicy",
        parameter="removal_policy",
        rule="be RemovalPolicy.RETAIN or RemovalPolicy.DESTROY",
        value=policy,
        fix="choose whether the model versions outlive the stack",
    )
