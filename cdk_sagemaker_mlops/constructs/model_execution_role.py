"""The role that SageMaker takes on to read and run a model behind an endpoint."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.constructs.nag import accept_findings

# Repositories of SageMaker's own serving images. They live in accounts of AWS that differ by region and by
# image, so the account stays open.
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
_IMAGE_REPOSITORIES = ("sagemaker-*", "*-inference", "*-inference-*", "xgboost")


def model_execution_role(
    scope: Construct, id: str, *, log_group: logs.ILogGroup, artifact_bucket: s3.IBucket | None
) -> iam.Role:
    """Defines the role, with no more than hosting needs.

    Args:
        scope: Construct that the role belongs to.
        id: Name within ``scope``.
        log_group: Log group of the endpoint.
        artifact_bucket: Bucket that holds the model artifacts, if it is known.
    """
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    for statement in (*_images(), _metrics(), _log_streams(log_group)):
        role.add_to_policy(statement)
    if artifact_bucket is not None:
        _grant_artifacts(role, artifact_bucket)
    accept_findings(
        role,
        {
            "AwsSolutions-IAM5": "Images lie in accounts of AWS that differ by region; tokens and metrics "
            "have no resource to name; any object of the artifact bucket may be a model"
        },
    )
    return role


def _images() -> list[iam.PolicyStatement]:
    return [
        # The token is the account's; the action has no resource to narrow it to.
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        iam.PolicyStatement(
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[
                f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:*:repository/{name}" for name in _IMAGE_REPOSITORIES
            ],
        ),
    ]


def _metrics() -> iam.PolicyStatement:
    # PutMetricData has no resource to narrow it to, but the namespace can be.
    return iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}},
    )


def _log_streams(log_group: logs.ILogGroup) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
    )


def _grant_artifacts(role: iam.Role, bucket: s3.IBucket) -> None:
    # Listing is what SageMaker needs for an artifact that is a folder instead of one archive.
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects("*")]))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]))
    if bucket.encryption_key is not None:
        bucket.encryption_key.grant_decrypt(role)
