from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Stack
from aws_cdk.assertions import Match, Template

from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
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
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::Policy"),
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
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::Policy"),
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
    assert json.loads(environment["HOSTING"]) == {
        "Kind": "RealTime",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.c7i.xlarge",
            "InitialInstanceCount": 2,
        },
    }


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
GROUP = "pass the name of the model package group, not its ARN"
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
            {"model_package_group_name": "a b", "endpoint_name": "c d"},
            ValidationError,
            NAME.format("model_package_group_name", "'a b'", GROUP)
            + "\n"
            + NAME.format("endpoint_name", "'c d'", ENDPOINT),
        ),
        (
            {"endpoint": {"memory_size_in_mb": 2048}},
            TypeError,
            "type of argument endpoint must be ServerlessEndpoint or RealTimeEndpoint or None; got dict instead",
        ),
        (
            {"endpoint": "serverless"},
            TypeError,
            "type of argument endpoint must be ServerlessEndpoint or RealTimeEndpoint or None; got str instead",
        ),
    ],
)
def test_fails_before_anything_is_defined(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(kind) as raised:
        ModelDeployment(stack, "Deployment", **{"model_package_group_name": "churn-models", **options})
    assert str(raised.value) == text
    assert stack.node.children == []
