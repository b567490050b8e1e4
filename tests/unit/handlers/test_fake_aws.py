"""The fake itself: what AWS refuses, it refuses; what AWS does over time, it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fake_aws
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from fake_aws import FakeAws, HarmError, shapes

ROLE = "arn:aws:iam::123456789012:role/hosting"
SERVERLESS = {"VariantName": "AllTraffic", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
INSTANCES = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
OTHER_TYPE = {**INSTANCES, "InstanceType": "ml.c5.large"}
ASYNC = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture
def aws(fake: FakeAws) -> Aws:
    return Aws(fake)


class Aws:
    """Short ways to what the tests need."""

    def __init__(self, fake: FakeAws) -> None:
        self.fake = fake
        self.sagemaker = fake_aws.client("sagemaker")
        self.scaling = fake_aws.client("application-autoscaling")

    def config(
        self, name: str, variant: dict[str, Any], *, model: dict[str, Any] | None = None, **more: Any
    ) -> None:
        package = self.fake.register("churn-models", approval="Approved")
        containers = [{"ModelPackageName": package}]
        self.sagemaker.create_model(
            ModelName=name,
            Containers=containers,
            ExecutionRoleArn=ROLE,
            **(model if model is not None else {}),
        )
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "ModelName": name}], **more
        )

    def live(self, variant: dict[str, Any], **more: Any) -> None:
        self.config("one", variant, **more)
        self.sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="one")
        self.fake.settle("churn")

    def update(self, config: str, **more: Any) -> None:
        self.sagemaker.update_endpoint(EndpointName="churn", EndpointConfigName=config, **more)

    @property
    def status(self) -> str:
        return str(self.sagemaker.describe_endpoint(EndpointName="churn")["EndpointStatus"])


def blue_green(kind: str, **more: Any) -> dict[str, Any]:
    policy = {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 300, **more}}
    return {"BlueGreenUpdatePolicy": policy}


def size(kind: str, value: int) -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def test_botocore_checks_requests_and_the_service_what_botocore_lets_through(aws: Aws) -> None:
    with pytest.raises(ParamValidationError):
        aws.sagemaker.describe_endpoint()
    with pytest.raises(ClientError, match="length less than or equal to 63"):
        aws.sagemaker.describe_endpoint(EndpointName="n" * 64)
    with pytest.raises(ClientError, match="regular expression pattern"):
        aws.sagemaker.create_endpoint(EndpointName="churn_1", EndpointConfigName="one")
    with pytest.raises(ClientError, match="enum value set"):
        aws.sagemaker.list_model_packages(ModelApprovalStatus="Great")
    aws.config("one", SERVERLESS)
    arn = aws.sagemaker.describe_endpoint_config(EndpointConfigName="one")["EndpointConfigArn"]
    with pytest.raises(ClientError, match="regular expression pattern"):
        aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "reason", "Value": "no (commas, either)"}])
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "reason", "Value": "as it is: größer=1 @x"}])


def patterns(shape: Any, seen: set[str]) -> Iterator[str]:
    if shape.name in seen:
        return
    seen.add(shape.name)
    members = {
        "structure": lambda: [*shape.members.values()],
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }
    for each in members.get(shape.type_name, list)():
        yield from patterns(each, seen)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]


@pytest.mark.parametrize(
    "service",
    ["sagemaker", "application-autoscaling", "cloudwatch", "sagemaker-runtime", "sns", "events", "sqs", "s3"],
)
def test_every_pattern_of_every_operation_it_answers_is_understood(aws: Aws, service: str) -> None:
    model = fake_aws.client(service).meta.service_model
    answered = [name for name in model.operation_names if hasattr(aws.fake, f"_{xform_name(name)}")]
    assert answered
    for name in answered:
        for pattern in patterns(model.operation_model(name).input_shape, set()):
            shapes.compiled(pattern)


@pytest.mark.parametrize(
    ("variant", "more", "words"),
    [
        (SERVERLESS, ASYNC, "do not support AsyncInferenceConfig"),
        (SERVERLESS, {"model": {"EnableNetworkIsolation": True}}, "do not support EnableNetworkIsolation"),
        (
            {**SERVERLESS, "ServerlessConfig": {"MemorySizeInMB": 2000, "MaxConcurrency": 5}},
            {},
            "multiple of 1024",
        ),
        ({**SERVERLESS, "InstanceType": "ml.m5.large"}, {}, "do not support InstanceType"),
        (
            {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large"},
            {},
            "InitialInstanceCount are required",
        ),
    ],
)
def test_refuses_configs_that_contradict_themselves(
    aws: Aws, variant: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        aws.config("one", variant, **more)


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        ({}, "Exactly one of"),
        ({**blue_green("ALL_AT_ONCE"), "RollingUpdatePolicy": {"MaximumBatchSize": size("CAPACITY_PERCENT", 50), "WaitIntervalInSeconds": 0}}, "Exactly one of"),
        (blue_green("CANARY"), "do not go together"),
        (blue_green("ALL_AT_ONCE", CanarySize=size("CAPACITY_PERCENT", 10)), "do not go together"),
        (blue_green("CANARY", CanarySize=size("CAPACITY_PERCENT", 60)), "must be 1 to 50 percent"),
        (blue_green("CANARY", CanarySize=size("INSTANCE_COUNT", 2)), "must be 1 to 50 percent"),
        (blue_green("LINEAR", LinearStepSize=size("CAPACITY_PERCENT", 5)), "must be 10 to 50 percent"),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": size("CAPACITY_PERCENT", 60), "WaitIntervalInSeconds": 0}}, "must be 5 to 50 percent"),
        ({"BlueGreenUpdatePolicy": {**blue_green("ALL_AT_ONCE")["BlueGreenUpdatePolicy"], "TerminationWaitInSeconds": 400, "MaximumExecutionTimeoutInSeconds": 700}}, "larger than the waits of 700"),
        ({**blue_green("ALL_AT_ONCE"), "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}}, "does not exist"),
    ],
)  # fmt: skip
def test_refuses_guardrails_that_do_not_fit(aws: Aws, deployment: dict[str, Any], words: str) -> None:
    aws.live(INSTANCES)
    aws.config("two", INSTANCES)
    with pytest.raises(ClientError, match=words):
        aws.update("two", DeploymentConfig=deployment)
    assert aws.status == "InService"


def test_takes_guardrails_that_fit_but_not_for_serverless(aws: Aws) -> None:
    aws.live(INSTANCES)
    aws.config("two", INSTANCES)
    aws.update("two", DeploymentConfig=blue_green("CANARY", CanarySize=size("INSTANCE_COUNT", 1)))
    aws.fake.settle("churn")
    assert "LastDeploymentConfig" in aws.sagemaker.describe_endpoint(EndpointName="churn")
    aws.config("serverless", SERVERLESS)
    with pytest.raises(ClientError, match="not supported for serverless"):
        aws.sagemaker.create_endpoint(
            EndpointName="other", EndpointConfigName="serverless", DeploymentConfig=blue_green("ALL_AT_ONCE")
        )


@pytest.mark.parametrize(
    ("first", "second", "more", "words"),
    [
        (SERVERLESS, INSTANCES, {}, "from Serverless to RealTime"),
        (INSTANCES, INSTANCES, ASYNC, "from RealTime to Async"),
        (INSTANCES, {**INSTANCES, "VariantName": "Other"}, {}, "variant names must stay the same"),
    ],
)
def test_refuses_updates_that_lead_nowhere(
    aws: Aws, first: dict[str, Any], second: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    aws.live(first)
    aws.config("two", second, **more)
    with pytest.raises(ClientError, match=words):
        aws.update("two")


def test_statuses_come_in_their_order_by_the_clock(aws: Aws) -> None:
    outcomes = iter(["works", "fails", "stuck"])
    aws.fake.automate(lambda _: next(outcomes), seconds=60)
    aws.config("one", SERVERLESS)
    aws.sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="one")
    seen = [aws.status]
    aws.fake.advance(60)
    aws.config("two", SERVERLESS)
    for _ in range(2):
        aws.update("two")
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            aws.update("two")
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            aws.sagemaker.delete_endpoint(EndpointName="churn")
        aws.fake.advance(130)
        seen.append(aws.status)
    aws.sagemaker.delete_endpoint(EndpointName="churn")
    aws.fake.advance(60)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        assert aws.status
    told = [
        event["detail"].get("EndpointStatus")
        for event in aws.fake.events
        if "EndpointName" in event["detail"]
    ]
    assert seen == ["Creating", "InService", "UpdateRollbackFailed"]
    assert told == [
        "CREATING", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "UPDATE_ROLLBACK_FAILED", "DELETING",
    ]  # fmt: skip


def test_a_failed_endpoint_can_only_be_deleted(aws: Aws) -> None:
    aws.live(SERVERLESS)
    aws.fake.fail("churn")
    aws.config("two", SERVERLESS)
    with pytest.raises(ClientError, match="in status Failed"):
        aws.update("two")
    aws.sagemaker.delete_endpoint(EndpointName="churn")
    assert aws.status == "Deleting"


def test_an_alarm_rolls_an_update_back(aws: Aws) -> None:
    aws.fake.automate(lambda _: "works", seconds=60)
    aws.config("one", INSTANCES)
    aws.sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="one")
    aws.fake.advance(60)
    aws.config("two", INSTANCES)
    aws.fake.set_alarm("errors", "ALARM")
    guarded = {
        **blue_green("ALL_AT_ONCE"),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    aws.update("two", DeploymentConfig=guarded)
    aws.fake.advance(300)
    described = aws.sagemaker.describe_endpoint(EndpointName="churn")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")


def test_scaled_out_counts_survive_only_updates_that_say_so(aws: Aws) -> None:
    def count() -> int:
        (variant,) = aws.sagemaker.describe_endpoint(EndpointName="churn")["ProductionVariants"]
        return int(variant["DesiredInstanceCount"])

    aws.live(INSTANCES)
    aws.config("two", INSTANCES)
    aws.fake.scale("churn", 7)
    aws.update("two", RetainAllVariantProperties=True)
    aws.fake.settle("churn")
    assert count() == 7
    aws.update("one")
    aws.fake.settle("churn")
    assert count() == 2


def test_scaling_stands_in_the_way_of_another_instance_type_and_of_deletion(aws: Aws) -> None:
    aws.live(INSTANCES)
    aws.config("two", OTHER_TYPE)
    with pytest.raises(ClientError, match="Endpoint variant not found"):
        aws.scaling.register_scalable_target(
            **{**TARGET, "ResourceId": "endpoint/none/variant/AllTraffic"}, MinCapacity=1, MaxCapacity=2
        )
    with pytest.raises(ClientError, match="asynchronous endpoints only"):
        aws.scaling.register_scalable_target(**TARGET, MinCapacity=0, MaxCapacity=2)
    aws.scaling.register_scalable_target(**TARGET, MinCapacity=3, MaxCapacity=4)
    with pytest.raises(ClientError, match="deregister it first"):
        aws.update("two")
    with pytest.raises(ClientError, match="application-autoscaling:DeregisterScalableTarget"):
        aws.sagemaker.delete_endpoint(EndpointName="churn")
    aws.scaling.deregister_scalable_target(**TARGET)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        aws.scaling.deregister_scalable_target(**TARGET)
    aws.update("two")


def test_creates_refuse_names_that_are_taken_and_packages_that_are_not_approved(aws: Aws) -> None:
    aws.config("one", SERVERLESS)
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        aws.config("one", SERVERLESS)
    pending = aws.fake.register("churn-models")
    with pytest.raises(ClientError, match="must be Approved"):
        aws.sagemaker.create_model(
            ModelName="x", Containers=[{"ModelPackageName": pending}], ExecutionRoleArn=ROLE
        )


def test_reads_lag_behind_and_refusals_do_not(aws: Aws) -> None:
    aws.live(SERVERLESS)
    aws.config("two", SERVERLESS)
    aws.fake.lag = 30
    aws.update("two")
    assert aws.status == "InService"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        aws.update("two")
    with pytest.raises(ClientError, match="Could not find model"):
        aws.config("three", SERVERLESS)
    assert len(aws.sagemaker.list_models()["Models"]) == 2
    aws.fake.advance(60)
    assert aws.status == "Updating"
    assert len(aws.sagemaker.list_models()["Models"]) == 3


def test_deleted_packages_still_count_for_their_group_for_a_while(aws: Aws) -> None:
    package = aws.fake.register("churn-models")
    aws.fake.deletion_lag = 30
    aws.sagemaker.delete_model_package(ModelPackageName=package)
    group_arn = aws.fake.groups["churn-models"]["arn"]
    with pytest.raises(ClientError, match="still contains Model Packages"):
        aws.sagemaker.delete_model_package_group(ModelPackageGroupName=group_arn)
    aws.fake.advance(30)
    aws.sagemaker.delete_model_package_group(ModelPackageGroupName=group_arn)


def test_every_change_of_a_package_moves_its_time_and_sends_an_event(aws: Aws) -> None:
    package = aws.fake.register("churn-models")
    before = aws.sagemaker.describe_model_package(ModelPackageName=package)["LastModifiedTime"]
    aws.fake.events.clear()
    aws.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"a/b": "c"})
    aws.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"d": "e"})
    after = aws.sagemaker.describe_model_package(ModelPackageName=package)
    assert after["CustomerMetadataProperties"] == {"a/b": "c", "d": "e"}
    assert after["LastModifiedTime"] > before
    assert len(aws.fake.events) == 2
    with pytest.raises(ClientError, match="regular expression pattern"):
        aws.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"a": "b, c"})


@pytest.mark.parametrize("operation", ["delete_endpoint_config", "delete_model"])
def test_protests_when_what_is_in_use_is_deleted(aws: Aws, operation: str) -> None:
    aws.live(SERVERLESS)
    key = {"delete_endpoint_config": "EndpointConfigName", "delete_model": "ModelName"}[operation]
    with pytest.raises(HarmError, match="while endpoint churn uses it"):
        getattr(aws.sagemaker, operation)(**{key: "one"})
    assert len(aws.fake.harms) == 1


def test_the_endpoint_answers_while_it_serves_and_by_its_kind(aws: Aws) -> None:
    runtime = fake_aws.client("sagemaker-runtime")
    with pytest.raises(ClientError, match="not found"):
        runtime.invoke_endpoint(EndpointName="churn", Body=b"1")
    aws.live(INSTANCES, **ASYNC)
    with pytest.raises(ClientError, match="is asynchronous"):
        runtime.invoke_endpoint(EndpointName="churn", Body=b"1")
    fake_aws.client("s3").put_object(Bucket="bucket", Key="in", Body=b"1")
    answer = runtime.invoke_endpoint_async(EndpointName="churn", InputLocation="s3://bucket/in")
    bucket, _, key = answer["OutputLocation"].removeprefix("s3://").partition("/")
    assert fake_aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"ok"
    with pytest.raises(ClientError, match="NoSuchKey"):
        fake_aws.client("s3").get_object(Bucket=bucket, Key="none")


def test_the_model_fails_with_its_own_error(aws: Aws) -> None:
    aws.live(SERVERLESS)
    aws.fake.answer_of = lambda _config, body: (500, b"boom") if body == b"1" else (200, b"2")
    runtime = fake_aws.client("sagemaker-runtime")
    with pytest.raises(ClientError, match="ModelError"):
        runtime.invoke_endpoint(EndpointName="churn", Body=b"1")
    assert runtime.invoke_endpoint(EndpointName="churn", Body=b"3")["Body"].read() == b"2"


def test_messages_are_checked_as_sns_and_eventbridge_check_them(aws: Aws) -> None:
    sns, events = fake_aws.client("sns"), fake_aws.client("events")
    topic = "arn:aws:sns:eu-west-1:123456789012:told"
    for subject in ("s" * 101, "größer", "two\nlines"):
        with pytest.raises(ClientError, match="Invalid parameter: Subject"):
            sns.publish(TopicArn=topic, Subject=subject, Message="m")
    sns.publish(TopicArn=topic, Subject="s", Message="m")
    entry = {"Source": "s", "DetailType": "d", "Detail": json.dumps({})}
    aws.fake.lose_events = 1
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 1
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert len(aws.fake.messages) == len(aws.fake.sent_events) == 1


def test_alarms_are_deleted_together_or_not_at_all(aws: Aws) -> None:
    alarms = fake_aws.client("cloudwatch")
    aws.fake.set_alarm("errors", "OK")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        alarms.delete_alarms(AlarmNames=["errors", "none"])
    assert [each["AlarmName"] for each in alarms.describe_alarms()["MetricAlarms"]] == ["errors"]


def test_faults_come_when_asked_for(aws: Aws) -> None:
    aws.fake.fail_next("ListModels", "ThrottlingException", "Rate exceeded", times=2)
    aws.fake.deny("ListEndpoints")
    for _ in range(2):
        with pytest.raises(ClientError, match="Rate exceeded"):
            aws.sagemaker.list_models()
    aws.sagemaker.list_models()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        aws.sagemaker.list_endpoints()
    aws.fake.allow()
    aws.sagemaker.list_endpoints()


def test_other_regions_and_accounts_have_their_own_registries(aws: Aws) -> None:
    there = aws.fake.elsewhere("us-east-1")
    there.create_group("shared")
    there.register("shared", approval="Approved")
    far = fake_aws.client("sagemaker", region_name="us-east-1")
    (found,) = far.list_model_packages(ModelPackageGroupName="shared")["ModelPackageSummaryList"]
    with pytest.raises(ClientError, match="does not exist"):
        aws.sagemaker.list_model_packages(ModelPackageGroupName="shared")
    container = {"ModelPackageName": found["ModelPackageArn"]}
    with pytest.raises(ClientError, match="does not exist"):
        aws.sagemaker.create_model(ModelName="x", Containers=[container], ExecutionRoleArn=ROLE)
    group_arn = aws.fake.create_group("shared", account="210987654321")
    package = aws.fake.register(group_arn, approval="Approved")
    aws.sagemaker.create_model(
        ModelName="x", Containers=[{"ModelPackageName": package}], ExecutionRoleArn=ROLE
    )
    assert (
        len(aws.sagemaker.list_model_packages(ModelPackageGroupName=group_arn)["ModelPackageSummaryList"])
        == 1
    )
