from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from aws_cdk.assertions import Match, Template

from cdk_sagemaker_mlops import (
    AsyncEndpoint,
    CanaryRollout,
    DataCapture,
    ModelDeployment,
    ModelRegistry,
    RealTimeEndpoint,
    RollbackAlarms,
    SmokeTest,
)
from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.handlers import contract

DEPLOYMENT = contract.MODEL_DEPLOYMENT
CLEANUP = contract.MODEL_DEPLOYMENT_CLEANUP


def test_logical_ids_stay(default_deployment: Any) -> None:
    pinned = {
        CLEANUP: "DeploymentCleanupA04089F5",
        DEPLOYMENT: "DeploymentCA83296C",
    }
    for type_name, logical_id in pinned.items():
        assert default_deployment.only(type_name) == logical_id, "changing this id deletes users' endpoints"
    assert default_deployment.deployment.endpoint_name == "churn-deployment-d8e1ac24", (
        "changing this name replaces users' endpoints"
    )


def test_the_endpoints_arn_is_in_lower_case_as_sagemaker_writes_it(full_deployment: Any) -> None:
    assert full_deployment.deployment.endpoint_name == "Churn-Live"
    resolved = full_deployment.stack.resolve(full_deployment.deployment.endpoint_arn)
    assert resolved["Fn::Join"][1][-1].endswith(":sagemaker:eu-west-1:123456789012:endpoint/churn-live")


def test_the_prefix_of_names_leaves_room_for_what_the_handler_adds(full_deployment: Any) -> None:
    for logical_id in full_deployment.ids(DEPLOYMENT):
        prefix = full_deployment.properties(logical_id)["NamePrefix"]
        assert re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{8}", prefix)
        assert len(prefix) <= contract.NAME_PREFIX_MAX_LENGTH


def test_the_endpoint_is_removed_after_all_triggers_and_before_what_it_needs(default_deployment: Any) -> None:
    cleanup = default_deployment.only(CLEANUP)
    sources = [
        *default_deployment.ids("AWS::Events::Rule"),
        *default_deployment.ids("AWS::Lambda::EventSourceMapping"),
    ]
    assert len(sources) == 4
    for source in sources:
        assert cleanup in default_deployment.needs(source), (
            f"{source} could bring the endpoint back while it is removed"
        )
    before = default_deployment.needs(cleanup)
    assert {
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::ManagedPolicy"),
        default_deployment.named("DeploymentExecutionRole", "AWS::IAM::Role"),
        default_deployment.named("DeploymentExecutionRole", "AWS::IAM::Policy"),
        default_deployment.named("DeploymentEndpointLogGroup", "AWS::Logs::LogGroup"),
    } <= before, "these must outlive the endpoint"
    assert before.isdisjoint(sources)


def test_the_first_look_comes_when_every_trigger_exists(default_deployment: Any) -> None:
    before = default_deployment.needs(default_deployment.only(DEPLOYMENT))
    assert {
        default_deployment.only(CLEANUP),
        *default_deployment.ids("AWS::Events::Rule"),
        *default_deployment.ids("AWS::Lambda::EventSourceMapping"),
        *default_deployment.ids("AWS::SQS::QueuePolicy"),
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::ManagedPolicy"),
    } <= before


def test_the_provider_and_its_permissions_outlive_the_custom_resources(full_deployment: Any) -> None:
    provider = [
        logical_id
        for logical_id in full_deployment.resources
        if logical_id.startswith("SageMakerMlopsCustomResources")
    ]
    assert provider
    for logical_id in (*full_deployment.ids(CLEANUP), *full_deployment.ids(DEPLOYMENT)):
        missing = set(provider) - full_deployment.needs(logical_id)
        assert missing == set(), missing


def test_a_stack_has_one_provider_for_all_deployments(full_deployment: Any) -> None:
    tokens = {
        json.dumps(full_deployment.properties(logical_id)["ServiceToken"])
        for logical_id in full_deployment.ids(DEPLOYMENT) + full_deployment.ids(CLEANUP)
    }
    assert len(full_deployment.ids(DEPLOYMENT)) == len(full_deployment.ids(CLEANUP)) == 2
    assert len(tokens) == 1
    assert len(full_deployment.ids("AWS::StepFunctions::StateMachine")) == 1


def test_the_provider_waits_for_an_hour(default_deployment: Any) -> None:
    machine = default_deployment.properties(default_deployment.only("AWS::StepFunctions::StateMachine"))
    definition = "".join(part for part in machine["DefinitionString"]["Fn::Join"][1] if isinstance(part, str))
    assert '"IntervalSeconds":5,"MaxAttempts":720,"BackoffRate":1' in definition


def told(deployment: Any, prefix: str = "Deployment") -> dict[str, Any]:
    """The hosting document, with a name in angle brackets for each value that CloudFormation puts in."""
    hosting = deployment.properties(deployment.named(prefix, DEPLOYMENT))["Hosting"]
    parts = [hosting] if isinstance(hosting, str) else hosting["Fn::Join"][1]
    document: dict[str, Any] = json.loads(
        "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
    )
    return document


def test_handler_and_custom_resources_are_told_the_same(full_deployment: Any) -> None:
    function = full_deployment.properties(
        full_deployment.named("DeploymentController", "AWS::Lambda::Function")
    )
    environment = function["Environment"]["Variables"]
    for type_name in (DEPLOYMENT, CLEANUP):
        properties = full_deployment.properties(full_deployment.named("Deployment", type_name))
        assert {variable: properties[name] for variable, name in contract.PROPERTY_OF.items()} == environment
    assert environment["MODEL_PACKAGE_GROUP"] == "Churn-Models"
    assert environment["ENDPOINT_NAME"] == "Churn-Live"
    queue = full_deployment.named("DeploymentTriggersQueue", "AWS::SQS::Queue")
    assert environment["QUEUE_URL"] == {"Ref": queue}
    assert environment["TOPIC_ARN"] == {"Ref": full_deployment.named("Outcomes", "AWS::SNS::Topic")}


def test_a_serverless_endpoint_is_told_of_in_a_few_words(default_deployment: Any) -> None:
    assert told(default_deployment) == {
        "Kind": "Serverless",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        },
        "WhenNoneApproved": "Keep",
        "KeepVersions": 3,
    }


def test_handlers_are_told_everything_about_the_hosting(full_deployment: Any) -> None:
    document = told(full_deployment)
    bucket = full_deployment.only("AWS::S3::Bucket")
    assert document["EndpointConfig"]["DataCaptureConfig"]["DestinationS3Uri"] == (
        f"s3://<{bucket}>/Churn-Live/data-capture"
    )
    assert document["EndpointConfig"]["KmsKeyId"] == "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert document["Model"] == {
        "Environment": {"WORKERS": "2"},
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    }
    assert document["Scaling"]["MaxCapacity"] == 4
    assert document["SmokeTest"]["Expect"] == {"Contains": "label"}
    assert (document["WhenNoneApproved"], document["KeepVersions"]) == ("Remove", 5)
    assert document["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == (
        "CANARY"
    )
    alarms = document["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert [alarm["AlarmName"].strip("<>") for alarm in alarms] == [
        full_deployment.named(f"Deployment{name}Alarm", "AWS::CloudWatch::Alarm")
        for name in ("Invocation5XXErrors", "InvocationModelErrors", "ModelLatency")
    ]


def test_contract_and_hosting_configs_use_the_same_words(full_deployment: Any, async_deployment: Any) -> None:
    known = {
        contract.KIND,
        contract.PRODUCTION_VARIANT,
        contract.ENDPOINT_CONFIG,
        contract.MODEL,
        contract.DEPLOYMENT_CONFIG,
        contract.SCALING,
        contract.SMOKE_TEST,
        contract.WHEN_NONE_APPROVED,
        contract.KEEP_VERSIONS,
    }
    assert set(told(full_deployment)) == known
    assert told(full_deployment)["Kind"] == contract.REAL_TIME
    assert told(async_deployment)["Kind"] == contract.ASYNC
    assert told(full_deployment, "Second")["Kind"] == contract.SERVERLESS
    assert told(async_deployment)["ProductionVariant"]["VariantName"] == contract.VARIANT_NAME
    assert told(async_deployment)["Scaling"][contract.SCALE_FROM_ZERO] is True
    assert set(told(full_deployment)["SmokeTest"]) == {
        contract.BODY,
        contract.CONTENT_TYPE,
        contract.EXPECT,
        contract.TIMEOUT_IN_SECONDS,
    }


def test_cloudformation_waits_unless_told_not_to(default_deployment: Any, full_deployment: Any) -> None:
    assert default_deployment.properties(default_deployment.only(DEPLOYMENT))["Wait"] == "true"
    waiting = full_deployment.properties(full_deployment.named("Deployment", DEPLOYMENT))
    assert waiting["Wait"] == "false"
    assert "Wait" not in full_deployment.properties(full_deployment.named("Deployment", CLEANUP))


def test_alarms_topic_and_logs_go_with_the_stack(default_deployment: Any, full_deployment: Any) -> None:
    for deployment in (default_deployment, full_deployment):
        for type_name in ("AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::Logs::LogGroup"):
            for logical_id in deployment.ids(type_name):
                policy = deployment.resources[logical_id].get("DeletionPolicy", "Delete")
                assert policy == "Delete", logical_id


def test_nothing_that_holds_state_is_renamed_by_another_kind_or_topic(
    default_deployment: Any, full_deployment: Any, async_deployment: Any
) -> None:
    held = ("AWS::SQS::Queue", "AWS::Logs::LogGroup", CLEANUP, DEPLOYMENT, "AWS::IAM::ManagedPolicy")
    wanted = {
        logical_id
        for type_name in held
        for logical_id in default_deployment.ids(type_name)
        if logical_id.startswith("Deployment")
    }
    for other in (full_deployment, async_deployment):
        assert wanted <= set(other.resources)
    assert default_deployment.named("DeploymentNotificationTopic", "AWS::SNS::Topic") == (
        async_deployment.named("DeploymentNotificationTopic", "AWS::SNS::Topic")
    )


def test_a_topic_of_the_users_own_is_the_only_one(full_deployment: Any) -> None:
    topics = full_deployment.ids("AWS::SNS::Topic")
    assert sorted(topic[:8] for topic in topics) == ["Outcomes", "SecondNo"]


def test_a_key_of_the_users_own_encrypts_the_queues(full_deployment: Any) -> None:
    key = {"Fn::GetAtt": [full_deployment.named("QueueKey", "AWS::KMS::Key"), "Arn"]}
    for name in ("DeploymentTriggersQueue", "DeploymentTriggersDeadLetterQueue"):
        queue = full_deployment.properties(full_deployment.named(name, "AWS::SQS::Queue"))
        assert queue["KmsMasterKeyId"] == key
    statements = full_deployment.properties(key["Fn::GetAtt"][0])["KeyPolicy"]["Statement"]
    assert any(each["Principal"] == {"Service": "events.amazonaws.com"} for each in statements), (
        "EventBridge could not send to the queue"
    )


def test_too_many_words_are_refused_with_what_takes_the_room() -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(ValidationError) as raised:
        ModelDeployment(
            stack,
            "Deployment",
            model_package_group_name="churn",
            smoke_test=SmokeTest(payload="x" * 3000),
        )
    assert str(raised.value) == (
        "HostingTooLarge: endpoint must need at most 3000 characters of JSON, because the settings of a Lambda "
        "function are limited, got 4246; shorten what becomes SmokeTest, such as the smoke test's payload or "
        "variables (at Churn/Deployment)"
    )


def test_a_role_of_the_users_own_is_used_as_it_is(full_deployment: Any) -> None:
    assert not [
        logical_id for logical_id in full_deployment.resources if logical_id.startswith("SecondExecutionRole")
    ]
    properties = full_deployment.properties(full_deployment.named("Second", DEPLOYMENT))
    assert properties["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/own"
    passed = [
        statement["Resource"]
        for statement in full_deployment.statements("SecondControllerPolicy")
        if statement["Action"] == "iam:PassRole"
    ]
    assert passed == ["arn:aws:iam::123456789012:role/own"]


def test_grants_asking_for_predictions(full_deployment: Any) -> None:
    (statement,) = full_deployment.statements("CallerDefaultPolicy")
    assert statement["Action"] == "sagemaker:InvokeEndpoint"
    assert ":endpoint/churn-live" in json.dumps(statement["Resource"])


def test_names_that_are_known_at_deployment_only_are_not_checked() -> None:
    stack = Stack(App(), "Churn")
    name = CfnParameter(stack, "Name").value_as_string
    deployment = ModelDeployment(stack, "Deployment", model_package_group_name=name, endpoint_name=name)
    Template.from_stack(stack).has_resource_properties(
        "AWS::Events::Rule",
        {"EventPattern": {"detail": {"EndpointName": [{"Ref": "Name"}]}, "source": Match.any_value()}},
    )
    assert deployment.endpoint_name == name


NAME = "InvalidName: {} must be 1 to 63 letters, digits and inner hyphens, got {}; {} (at Churn/Deployment)"
GROUP = "pass the name of the model package group, or model_registry=ModelRegistry.from_model_package_group_arn(...)"
ENDPOINT = "leave it out to have a name generated"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/churn-models"


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        (
            {"model_package_group_name": ""},
            ValidationError,
            NAME.format("model_package_group_name", "''", GROUP),
        ),
        (
            {"model_package_group_name": ARN},
            ValidationError,
            NAME.format("model_package_group_name", repr(ARN), GROUP),
        ),
        (
            {"model_package_group_name": "churn_models"},
            ValidationError,
            NAME.format("model_package_group_name", "'churn_models'", GROUP),
        ),
        ({"endpoint_name": "-churn"}, ValidationError, NAME.format("endpoint_name", "'-churn'", ENDPOINT)),
        ({"endpoint_name": "churn-"}, ValidationError, NAME.format("endpoint_name", "'churn-'", ENDPOINT)),
        (
            {"endpoint_name": "c" * 64},
            ValidationError,
            NAME.format("endpoint_name", repr("c" * 64), ENDPOINT),
        ),
        (
            {"endpoint_name": "c d", "keep_versions": 21, "wait": "yes", "when_none_approved": "Delete"},
            ValidationError,
            NAME.format("endpoint_name", "'c d'", ENDPOINT)
            + "\nInvalidChoice: when_none_approved must be one of 'Keep', 'Remove', got 'Delete'; use 'Remove' to "
            "have the endpoint deleted when its last version is rejected (at Churn/Deployment)"
            "\nInvalidKeepVersions: keep_versions must be a whole number from 1 to 20 versions, got 21; models and "
            "endpoint configs cost nothing, but only so many are looked through (at Churn/Deployment)"
            "\nInvalidBoolean: wait must be True or False, got 'yes'; use a bool (at Churn/Deployment)",
        ),
        (
            {"model_package_group_name": None},
            ValidationError,
            "OneGroup: model_package_group_name must be given, or model_registry, and not both, got None; "
            "give the name of a group of this account and region, or a ModelRegistry (at Churn/Deployment)",
        ),
        (
            {"endpoint": AsyncEndpoint()},
            ValidationError,
            "StorageMissing: endpoint must name a place in S3 for what it writes, because there is no bucket of "
            "this account for it, got 'AsyncEndpoint'; give artifact_bucket, or data_capture.destination_s3_uri "
            "or output_s3_uri (at Churn/Deployment)",
        ),
        (
            {"alarms": RollbackAlarms()},
            ValidationError,
            "GuardrailsNotSupported: alarms must be left out for a ServerlessEndpoint, which is updated without "
            "deployment guardrails, got 'RollbackAlarms'; host on a RealTimeEndpoint, or let a smoke_test judge "
            "the new model (at Churn/Deployment)",
        ),
        (
            {
                "endpoint": RealTimeEndpoint(
                    initial_instance_count=2,
                    rollout=CanaryRollout(wait_interval_in_seconds=3000, termination_wait_in_seconds=600),
                )
            },
            ValidationError,
            "RolloutTooLong: wait must be False for a rollout that takes at least 3600 seconds: CloudFormation "
            "waits an hour, got True; turn waiting off (wait_for_deployment of an MlopsPipeline) and follow the "
            "rollout by its notification, or wait less in the rollout (at Churn/Deployment)",
        ),
        (
            {"alarms": "all"},
            TypeError,
            "type of argument alarms must be RollbackAlarms or list or tuple; got str instead",
        ),
        (
            {"endpoint": {"memory_size_in_mb": 2048}},
            TypeError,
            "type of argument endpoint must be ServerlessEndpoint or RealTimeEndpoint or AsyncEndpoint or None; got dict instead",
        ),
        (
            {"endpoint": "serverless"},
            TypeError,
            "type of argument endpoint must be ServerlessEndpoint or RealTimeEndpoint or AsyncEndpoint or None; got str instead",
        ),
    ],
)
def test_fails_before_anything_is_defined(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(kind) as raised:
        ModelDeployment(stack, "Deployment", **{"model_package_group_name": "churn-models", **options})
    assert str(raised.value) == text
    assert stack.node.children == []


def test_a_group_of_another_account_is_deployed_without_copies() -> None:
    stack = Stack(App(), "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    registry = ModelRegistry.from_model_package_group_arn(
        stack, "Registry", ARN.replace("123456789012", "210987654321")
    )
    ModelDeployment(stack, "Deployment", model_registry=registry)
    template = Template.from_stack(stack)
    template.has_resource_properties(
        DEPLOYMENT, {"Hosting": Match.not_(Match.string_like_regexp("ImageRegistries"))}
    )
    template.resource_count_is("AWS::Events::EventBusPolicy", 1)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_no_partition_is_written_out(partition: str) -> None:
    region = {"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
    stack = Stack(App(), "Churn", env=Environment(account="123456789012", region=region))
    arn = f"arn:{partition}:sagemaker:{region}:210987654321:model-package-group/churn-models"
    ModelDeployment(
        stack,
        "Deployment",
        model_registry=ModelRegistry.from_model_package_group_arn(stack, "Registry", arn),
        endpoint=RealTimeEndpoint(
            instance_type="ml.m5.xlarge",
            data_capture=DataCapture(destination_s3_uri="s3://captures/here", kms_key_id="alias/own"),
            volume_kms_key_id="alias/own",
        ),
        smoke_test=SmokeTest(payload="1"),
    )
    ModelRegistry(stack, "Shared", shared_with=["210987654321"])
    text = json.dumps(Template.from_stack(stack).to_json()["Resources"])
    assert "arn:aws:" not in text


def test_a_registry_of_this_app_and_stack_is_deployed_by_its_name() -> None:
    stack = Stack(App(), "Churn")
    deployment = ModelDeployment(stack, "Deployment", model_registry=ModelRegistry(stack, "Registry"))
    Template.from_stack(stack).has_resource_properties(
        DEPLOYMENT, {"ModelPackageGroup": "churn-registry-68cffada"}
    )
    assert deployment.endpoint_name == "churn-deployment-d8e1ac24"


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        (
            None,
            "RegionNotKnown: model_registry must be of a region that can be compared with the stack's when the app "
            "is synthesised, got 'us-east-1'; give the stack a region: Stack(app, 'Churn', "
            "env=Environment(region=...)), or build the ARN with the stack's own Aws.REGION (at Churn/Deployment)",
        ),
        (
            Environment(account="123456789012", region="eu-west-1"),
            "CopyBucketMissing: copy_bucket must be given, because the models of churn-models are in us-east-1 and "
            "SageMaker reads models from its own region only, got None; give a bucket of the stack's region that "
            "the models are copied to (at Churn/Deployment)",
        ),
    ],
)
def test_fails_when_a_registry_of_another_region_cannot_be_deployed_from(
    environment: Environment | None, text: str
) -> None:
    stack = Stack(App(), "Churn", env=environment)
    registry = ModelRegistry.from_model_package_group_arn(
        stack, "Registry", ARN.replace("eu-west-1", "us-east-1")
    )
    with pytest.raises(ValidationError) as raised:
        ModelDeployment(stack, "Deployment", model_registry=registry)
    assert str(raised.value) == text


def test_more_deployments_than_iam_has_policies_for_are_warned_of() -> None:
    stack = Stack(App(), "Churn")
    for number in range(10):
        ModelDeployment(stack, f"Deployment{number}", model_package_group_name="churn")
    provider = stack.node.find_child("SageMakerMlopsCustomResources")
    assert provider.node.metadata == []
    ModelDeployment(stack, "Deployment10", model_package_group_name="churn")
    (warning,) = provider.node.metadata
    assert "more than 10 deployments in one stack" in warning.data


def test_a_registry_of_another_stack_of_the_app_needs_no_arn() -> None:
    app = App()
    training = Stack(app, "Training", env=Environment(account="210987654321", region="eu-west-1"))
    production = Stack(app, "Churn", env=Environment(account="123456789012", region="eu-west-1"))
    ModelDeployment(production, "Deployment", model_registry=ModelRegistry(training, "Registry"))
    properties = Template.from_stack(production).find_resources(DEPLOYMENT).popitem()[1]["Properties"]
    group = properties["ModelPackageGroup"]["Fn::Join"][1][-1]
    assert group == ":sagemaker:eu-west-1:210987654321:model-package-group/training-registry-0007267e"
