"""An engine that enforces roles' policies, through plain boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"
_SERVICE_ROLE = "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, new_engine: Any) -> Iterator[Any]:
    with new_engine(tmp_path_factory.mktemp("iam"), iam=True) as engine:
        yield new_engine.aws(engine)


@pytest.fixture
def role(aws: Any) -> str:
    principals = {"Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::000000000000:root"}
    statement = {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = f"role-{len(aws.iam.list_roles()['Roles'])}"
    return str(aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def _allow(aws: Any, role: str, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    name = role.rpartition("/")[2]
    aws.iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=json.dumps(document))


def _as_role(aws: Any, role: str, service: str) -> Any:
    made = aws.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return aws.client(
        service,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )


def test_fails_on_what_a_role_may_not_do_in_sagemaker(aws: Any, role: str) -> None:
    sagemaker = _as_role(aws, role, "sagemaker")
    model = {"ModelName": "m", "ExecutionRoleArn": role, "PrimaryContainer": {"Image": "i"}}

    assert aws.refusal(sagemaker.create_model, **model) == (
        "AccessDeniedException",
        f"User: arn:aws:sts::000000000000:assumed-role/{role.rpartition('/')[2]}/session is not authorized "
        f"to perform: sagemaker:CreateModel on resource: {aws.ARN}:model/m because no identity-based policy "
        "allows the sagemaker:CreateModel action",
    )
    create = {"Action": "sagemaker:CreateModel", "Resource": f"{aws.ARN}:model/m"}
    _allow(aws, role, create)
    assert "iam:PassRole" in aws.refusal(sagemaker.create_model, **model)[1]

    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    pass_role = {"Action": "iam:PassRole", "Resource": role}
    _allow(aws, role, create, {**pass_role, "Condition": condition})
    assert "iam:PassRole" in aws.refusal(sagemaker.create_model, **model)[1]

    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    _allow(aws, role, create, {**pass_role, "Condition": condition})
    assert sagemaker.create_model(**model)["ModelArn"] == f"{aws.ARN}:model/m"


def test_alarms_are_permitted_by_their_names(aws: Any, role: str) -> None:
    cloudwatch = _as_role(aws, role, "cloudwatch")
    mine = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:mine-*"
    _allow(aws, role, {"Action": ["cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"], "Resource": mine})

    assert cloudwatch.describe_alarms(AlarmNames=["mine-1"])["MetricAlarms"] == []
    cloudwatch.delete_alarms(AlarmNames=["mine-1"])
    assert "AccessDenied" in aws.refusal(cloudwatch.describe_alarms, AlarmNames=["other"])[0]
    assert "AccessDenied" in aws.refusal(cloudwatch.describe_alarms)[0]


def test_a_policy_that_asks_for_tls_is_met(aws: Any, role: str) -> None:
    aws.s3.create_bucket(Bucket="secured")
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    _allow(aws, role, {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::secured/*", "Condition": secure})

    _as_role(aws, role, "s3").put_object(Bucket="secured", Key="k", Body=b"")


def test_a_function_gets_and_writes_what_its_role_may(aws: Any, role: str) -> None:
    url = aws.sqs.create_queue(QueueName="work")["QueueUrl"]
    arn = aws.function("worker", "def handler(event, context): print('worked')", role)
    getattr(aws, "lambda").create_event_source_mapping(EventSourceArn=_QUEUE, FunctionName=arn)
    polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="job")

    _allow(aws, role, {"Action": polling, "Resource": _QUEUE})
    _stays(aws, url, "1")
    _allow(aws, role, {"Action": [*polling, "sqs:GetQueueAttributes"], "Resource": _QUEUE})
    assert aws.until(lambda: _left(aws, url) == "0")
    assert _logged(aws) == []

    writing = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    _allow(aws, role, {"Action": [*polling, "sqs:GetQueueAttributes"], "Resource": _QUEUE}, writing)
    aws.sqs.send_message(QueueUrl=url, MessageBody="job")
    assert aws.until(lambda: _logged(aws))


def _left(aws: Any, url: str) -> str:
    told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return str(int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"]))


def _stays(aws: Any, url: str, count: str) -> None:
    with pytest.raises(AssertionError):
        aws.until(lambda: _left(aws, url) != count, 1)


def _logged(aws: Any) -> list[Any]:
    groups = aws.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/worker")["logGroups"]
    return [
        stream
        for group in groups
        for stream in aws.logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
    ]


def test_scaling_needs_what_it_does_in_the_caller_s_name(aws: Any, role: str) -> None:
    aws.s3.create_bucket(Bucket="models")
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="g")
    package = aws.register("models", "g", [0, 0, 1, 1])
    config = aws.config("scaled", package, InstanceType="ml.m5.large", InitialInstanceCount=1)
    aws.sagemaker.create_endpoint(EndpointName="scaled", EndpointConfigName=config)
    aws.settled("scaled")
    register = _as_role(aws, role, "application-autoscaling").register_scalable_target
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/scaled/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
    }
    allowed: list[dict[str, Any]] = []
    endpoint = f"{aws.ARN}:endpoint/scaled"
    for action, resource in (
        ("application-autoscaling:RegisterScalableTarget", "*"),
        ("iam:CreateServiceLinkedRole", f"arn:aws:iam::000000000000:{_SERVICE_ROLE}"),
        ("sagemaker:DescribeEndpoint", endpoint),
        ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
        ("sagemaker:DescribeEndpointConfig", f"{aws.ARN}:endpoint-config/scaled"),
    ):
        assert action in aws.refusal(register, **target)[1]
        allowed.append({"Action": action, "Resource": resource})
        _allow(aws, role, *allowed)

    assert register(**target)["ScalableTargetARN"]
