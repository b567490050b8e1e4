"""The role that SageMaker takes on to read and run a model behind an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config.endpoint import AsyncEndpoint, Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.constructs.key_arns import key_arn
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.constructs.network_permissions import interface_statements
from cdk_sagemaker_mlops.constructs.s3_locations import object_arns

# Repositories of SageMaker's own serving images. They live in accounts of AWS that differ by region and by
# image, so the account stays open.
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
_IMAGE_REPOSITORIES = ("sagemaker-*", "*-inference", "*-inference-*", "xgboost")


def model_execution_role(
    scope: Construct,
    id: str,
    *,
    log_group: logs.ILogGroup,
    endpoint: Endpoint,
    storage_uri: str,
    artifact_buckets: Sequence[s3.IBucket],
    alarm_arns: Sequence[str],
) -> iam.Role:
    """Defines the role, with no more than hosting needs.

    Args:
        scope: Construct that the role belongs to.
        id: Name within ``scope``.
        log_group: Log group of the endpoint.
        endpoint: How the model is hosted.
        storage_uri: Where in S3 the endpoint writes what it does not name a place for.
        artifact_buckets: Buckets that hold the model artifacts, as far as they are known.
        alarm_arns: Alarms that undo a rollout.
    """
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    statements = [
        *_images(Stack.of(scope)),
        _metrics(),
        _log_streams(log_group),
        *_artifacts(artifact_buckets),
        *_instances(scope, endpoint, storage_uri, alarm_arns),
    ]
    for statement in statements:
        role.add_to_policy(statement)
    for bucket in artifact_buckets:
        if bucket.encryption_key is not None:
            bucket.encryption_key.grant_decrypt(role)
    accept_findings(
        role,
        {
            "AwsSolutions-IAM5": "Images lie in accounts of AWS that differ by region; tokens, metrics and "
            "descriptions have no resource to name; any object of the artifact bucket may be a model"
        },
    )
    return role


def _images(stack: Stack) -> list[iam.PolicyStatement]:
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
                f"arn:{stack.partition}:ecr:{stack.region}:*:repository/{name}"
                for name in _IMAGE_REPOSITORIES
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


def _artifacts(buckets: Sequence[s3.IBucket]) -> Iterator[iam.PolicyStatement]:
    for bucket in buckets:
        yield iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects("*")])
        # Listing is what SageMaker needs for an artifact that is a folder instead of one archive.
        yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn])


def _instances(
    scope: Construct, endpoint: Endpoint, storage_uri: str, alarm_arns: Sequence[str]
) -> Iterator[iam.PolicyStatement]:
    """Yields what an endpoint on instances needs besides."""
    if isinstance(endpoint, ServerlessEndpoint):
        return
    # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    if alarm_arns:
        yield iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=list(alarm_arns))
    written = [object_arns(scope, uri) for uri in endpoint.written_s3_uris(storage_uri)]
    if written:
        reads = ["s3:GetObject"] if isinstance(endpoint, AsyncEndpoint) else []
        yield iam.PolicyStatement(actions=[*reads, "s3:PutObject"], resources=written)
    keys = [key_arn(scope, key) for key in endpoint.written_kms_keys()]
    if keys:
        yield iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=keys)
    if endpoint.topic_arns():
        yield iam.PolicyStatement(actions=["sns:Publish"], resources=endpoint.topic_arns())
    if endpoint.network is not None and endpoint.network.subnets:
        yield from interface_statements(
            Stack.of(scope),
            subnets=_ec2_arns(scope, "subnet", endpoint.network.subnets),
            security_groups=_ec2_arns(scope, "security-group", endpoint.network.security_group_ids),
        )


def _ec2_arns(scope: Construct, resource: str, names: Sequence[str]) -> list[str]:
    stack = Stack.of(scope)
    return [stack.format_arn(service="ec2", resource=resource, resource_name=name) for name in names]
