"""What a deployment's handlers may do."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns


def deployer_policy(
    scope: Construct,
    id: str,
    *,
    roles: list[iam.IRole],
    model_package_group_name: str,
    endpoint_name: str,
    name_prefix: str,
    execution_role_arn: str,
) -> iam.Policy:
    """Defines the policy of both functions that look: the queue's handler and the custom resource's.

    Args:
        scope: Construct that the policy belongs to.
        id: Name within ``scope``.
        roles: Roles of the two functions.
        model_package_group_name: Group whose packages are read.
        endpoint_name: Endpoint that is kept up to date.
        name_prefix: Start of the names of the models and endpoint configs that are made.
        execution_role_arn: Role that is handed to SageMaker.
    """
    packages = arns(scope, "model-package", f"{model_package_group_name}/*")
    models = arns(scope, "model", f"{name_prefix}-*")
    configs = arns(scope, "endpoint-config", f"{name_prefix}-*")
    endpoint = arns(scope, "endpoint", endpoint_name)
    policy = iam.Policy(
        scope,
        id,
        roles=roles,
        statements=[
            # Lists have no resource to narrow them to.
            _allow(["ListEndpointConfigs", "ListModelPackages", "ListModels"], ["*"]),
            # CreateModel is authorised on the package as well as on the model.
            _allow(["CreateModel", "DescribeModelPackage"], packages),
            _allow(["AddTags", "CreateModel", "DeleteModel"], models),
            _allow(
                [
                    "AddTags",
                    "CreateEndpointConfig",
                    "DeleteEndpointConfig",
                    "DescribeEndpointConfig",
                    "ListTags",
                ],
                configs,
            ),
            _allow(["AddTags", "DeleteEndpoint", "DescribeEndpoint", "ListTags"], endpoint),
            # Both are authorised on the endpoint and on the endpoint config.
            _allow(["CreateEndpoint", "UpdateEndpoint"], [*endpoint, *configs]),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[execution_role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        ],
    )
    accept_findings(
        policy,
        {
            "AwsSolutions-IAM5": "Lists have no resource to name; the rest is one group's packages, "
            "and what has one deployment's name prefix"
        },
    )
    return policy


def _allow(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"sagemaker:{action}" for action in actions], resources=resources)
