"""What a deployment's handlers may do: one list for the two functions that look.

=============================================  =======================================================
what                                           on which resources
=============================================  =======================================================
read versions, note outcomes on them           packages of the group; never their approval
create and delete models and endpoint configs  what starts with the deployment's own prefix
create, update, delete and ask the endpoint    the one endpoint
hand a role on                                 the model's execution role, to SageMaker only
scale                                          SageMaker's scalable targets; alarms with that prefix
tell                                           one topic; events of one source and kind
=============================================  =======================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_sagemaker_mlops.config.endpoint import AsyncEndpoint, Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.constructs.key_arns import key_arn
from cdk_sagemaker_mlops.constructs.model_package_group import ModelPackageGroup
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.constructs.s3_locations import object_arns
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns
from cdk_sagemaker_mlops.handlers import contract

_SCALING_ROLE_NAME = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_SCALING_ROLE = "sagemaker.application-autoscaling.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Everything that one deployment's handlers have to do with.

    Args:
        group: Group whose packages are deployed.
        endpoint: How they are hosted.
        endpoint_name: Endpoint that is kept up to date.
        name_prefix: Start of the names of what is made.
        execution_role_arn: Role that is handed to SageMaker.
        storage_uri: Where in S3 the endpoint writes what it does not name a place for.
        alarm_arns: Alarms that undo a rollout, or ``["*"]`` for the user's own, which may be composite.
        has_smoke_test: Whether the endpoint is asked for an answer.
        queue: Queue of triggers.
        topic: Topic that is told of outcomes.
        source_bucket: Bucket of another region that models are copied from.
        copy_bucket: Bucket that they are copied to.
    """

    group: ModelPackageGroup
    endpoint: Endpoint
    endpoint_name: str
    name_prefix: str
    execution_role_arn: str
    storage_uri: str
    alarm_arns: Sequence[str]
    has_smoke_test: bool
    queue: sqs.IQueue
    topic: sns.ITopic
    source_bucket: s3.IBucket | None = None
    copy_bucket: s3.IBucket | None = None


def deployer_policy(scope: Construct, id: str, *, role: iam.IRole, deployed: Deployed) -> iam.ManagedPolicy:
    """Defines the policy of both functions that look: the queue's handler and the custom resource's.

    It is a managed policy because the custom resource's role has one from each deployment of the stack, and
    IAM allows a role ten of those, but only 10,240 characters of inline ones.

    Args:
        scope: Construct that the policy belongs to.
        id: Name within ``scope``.
        role: Role of the queue's handler.
        deployed: What they have to do with.
    """
    policy = iam.ManagedPolicy(
        scope,
        id,
        description=f"What keeps {deployed.endpoint_name} on the newest approved model package",
        roles=[role],
        statements=[
            *_package_statements(scope, deployed),
            *_hosting_statements(scope, deployed),
            *_scaling_statements(scope, deployed),
            *_guardrail_statements(deployed),
            *_smoke_test_statements(scope, deployed),
            *_copy_statements(deployed),
            *_telling_statements(scope, deployed),
        ],
    )
    accept_findings(
        policy,
        {
            "AwsSolutions-IAM5": "Lists and scalable targets have no resource to name; the rest is one "
            "group's packages, and what has one deployment's name prefix"
        },
    )
    return policy


def _package_statements(scope: Construct, deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    packages = deployed.group.package_arns(scope)
    # A list has no resource to narrow it to.
    yield _allow("sagemaker", ["ListEndpointConfigs", "ListModelPackages", "ListModels"], ["*"])
    # CreateModel is authorised on the package as well as on the model.
    yield _allow("sagemaker", ["CreateModel", "DescribeModelPackage"], packages)
    # Outcomes are noted in the package's metadata; to approve is for people.
    yield _allow(
        "sagemaker",
        ["UpdateModelPackage"],
        packages,
        {"Null": {"sagemaker:ModelApprovalStatus": "true"}},
    )


def _hosting_statements(scope: Construct, deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    models = arns(scope, "model", f"{deployed.name_prefix}-*")
    configs = arns(scope, "endpoint-config", f"{deployed.name_prefix}-*")
    endpoint = arns(scope, "endpoint", deployed.endpoint_name)
    yield _allow("sagemaker", ["AddTags", "CreateModel", "DeleteModel"], models)
    yield _allow(
        "sagemaker",
        [
            "AddTags",
            "CreateEndpointConfig",
            "DeleteEndpointConfig",
            "ListTags",
        ],
        configs,
    )
    yield _allow(
        "sagemaker",
        [
            "AddTags",
            "DeleteEndpoint",
            "DescribeEndpoint",
            "ListTags",
        ],
        endpoint,
    )
    # Both are authorised on the endpoint and on the endpoint config.
    yield _allow("sagemaker", ["CreateEndpoint", "UpdateEndpoint"], [*endpoint, *configs])
    yield _allow(
        "iam",
        ["PassRole"],
        [deployed.execution_role_arn],
        {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    # SageMaker encrypts the volumes on behalf of whoever creates the endpoint.
    if not isinstance(deployed.endpoint, ServerlessEndpoint) and deployed.endpoint.volume_kms_key_id:
        key = key_arn(scope, deployed.endpoint.volume_kms_key_id)
        yield _allow("kms", ["DescribeKey"], [key])
        yield _allow("kms", ["CreateGrant"], [key], {"Bool": {"kms:GrantIsForAWSResource": "true"}})


def _scaling_statements(scope: Construct, deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    """Yields what scales the endpoint, and what ends that whatever the hosting is now.

    Application Auto Scaling checks what it does on the caller's behalf against the caller's permissions:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
    """
    stack = Stack.of(scope)
    alarms = [
        stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for name in (f"{deployed.name_prefix}-*", f"TargetTracking-endpoint/{deployed.endpoint_name}/*")
    ]
    scaling = None if isinstance(deployed.endpoint, ServerlessEndpoint) else deployed.endpoint.scaling("")
    actions, alarm_actions = ["DeregisterScalableTarget"], ["DeleteAlarms"]
    if scaling is not None:
        actions += ["RegisterScalableTarget"]
        actions += ["PutScalingPolicy"] if scaling[contract.TARGET_TRACKING] else []
        actions += ["PutScheduledAction"] if scaling[contract.SCHEDULED_ACTIONS] else []
        alarm_actions += ["PutMetricAlarm"]
    yield _allow(
        "application-autoscaling",
        actions,
        ["*"],
        {"StringEqualsIfExists": {"application-autoscaling:service-namespace": "sagemaker"}},
    )
    yield _allow("cloudwatch", alarm_actions, alarms)
    if scaling is None:
        return
    yield _allow("cloudwatch", ["DescribeAlarms"], alarms[1:])
    yield _allow(
        "sagemaker",
        ["UpdateEndpointWeightsAndCapacities"],
        arns(scope, "endpoint", deployed.endpoint_name),
    )
    yield _allow(
        "sagemaker",
        ["DescribeEndpointConfig"],
        arns(scope, "endpoint-config", f"{deployed.name_prefix}-*"),
    )
    yield _allow(
        "iam",
        ["CreateServiceLinkedRole"],
        [
            stack.format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=f"aws-service-role/{_SCALING_ROLE}/{_SCALING_ROLE_NAME}",
            )
        ],
        {"StringEquals": {"iam:AWSServiceName": _SCALING_ROLE}},
    )


def _guardrail_statements(deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    if deployed.alarm_arns:
        yield _allow("cloudwatch", ["DescribeAlarms"], deployed.alarm_arns)


def _smoke_test_statements(scope: Construct, deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    if not deployed.has_smoke_test:
        return
    endpoint = arns(scope, "endpoint", deployed.endpoint_name)
    if not isinstance(deployed.endpoint, AsyncEndpoint):
        yield _allow("sagemaker", ["InvokeEndpoint"], endpoint)
        return
    yield _allow("sagemaker", ["InvokeEndpointAsync"], endpoint)
    # The request is put beside the answers, and both are read and cleaned up there.
    yield _allow(
        "s3",
        ["DeleteObject", "GetObject", "PutObject"],
        [object_arns(scope, uri) for uri in deployed.endpoint.written_s3_uris(deployed.storage_uri)],
    )
    keys = [key_arn(scope, key) for key in deployed.endpoint.written_kms_keys()]
    if keys:
        yield _allow("kms", ["Decrypt", "GenerateDataKey"], keys)


def _copy_statements(deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    if deployed.copy_bucket is None:
        return
    copies = deployed.copy_bucket.arn_for_objects(f"{contract.ARTIFACT_COPIES}{deployed.name_prefix}-*")
    yield _allow(
        "s3",
        [
            "AbortMultipartUpload",
            "DeleteObject",
            "GetObject",
            "PutObject",
            "PutObjectTagging",
        ],
        [copies],
    )
    yield _allow("s3", ["ListBucket"], [deployed.copy_bucket.bucket_arn])
    yield from _key_use(deployed.copy_bucket.encryption_key)
    if deployed.source_bucket is not None:
        yield _allow("s3", ["GetObject", "GetObjectTagging"], [deployed.source_bucket.arn_for_objects("*")])
        yield from _key_use(deployed.source_bucket.encryption_key)


def _telling_statements(scope: Construct, deployed: Deployed) -> Iterator[iam.PolicyStatement]:
    yield _allow("sqs", ["GetQueueAttributes"], [deployed.queue.queue_arn])
    yield _allow("sns", ["Publish"], [deployed.topic.topic_arn])
    yield from _key_use(deployed.topic.master_key)
    yield _allow(
        "events",
        ["PutEvents"],
        [Stack.of(scope).format_arn(service="events", resource="event-bus", resource_name="default")],
        {
            "ForAllValues:StringEquals": {
                "events:source": contract.EVENT_SOURCE,
                "events:detail-type": contract.EVENT_DETAIL_TYPE,
            }
        },
    )


def _key_use(key: kms.IKey | None) -> Iterator[iam.PolicyStatement]:
    if key is not None:
        yield _allow("kms", ["Decrypt", "GenerateDataKey"], [key.key_arn])


def _allow(
    service: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"{service}:{action}" for action in actions],
        resources=list(resources),
        conditions=conditions,
    )
