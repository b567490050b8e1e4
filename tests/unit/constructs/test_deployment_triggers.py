from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

EVENTS = Path(__file__).parents[2] / "events"


def test_any_decision_on_a_package_of_the_group_triggers(default_deployment: Any) -> None:
    default_deployment.template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {"ModelPackageGroupName": ["churn-models"]},
            }
        },
    )


def test_any_state_change_of_the_endpoint_triggers(full_deployment: Any) -> None:
    full_deployment.template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Endpoint State Change"],
                "detail": {"EndpointName": ["Churn-Live"]},
            }
        },
    )


def test_a_slow_schedule_makes_up_for_lost_events(default_deployment: Any) -> None:
    default_deployment.template.has_resource_properties(
        "AWS::Events::Rule", {"ScheduleExpression": "rate(6 hours)"}
    )


def test_triggers_form_one_group_and_none_is_taken_for_another(default_deployment: Any) -> None:
    for logical_id in default_deployment.ids("AWS::Events::Rule"):
        (target,) = default_deployment.properties(logical_id)["Targets"]
        assert target["SqsParameters"] == {"MessageGroupId": "look"}
        # The event's id is part of the message, which is what SQS deduplicates by.
        assert target["InputTransformer"]["InputPathsMap"]["id"] == "$.id"
        assert "<id>" in target["InputTransformer"]["InputTemplate"]
    queue = default_deployment.properties(
        default_deployment.named("DeploymentTriggersQueue", "AWS::SQS::Queue")
    )
    assert queue["FifoQueue"] is True
    assert queue["ContentBasedDeduplication"] is True


def test_queues_are_encrypted_and_refuse_plain_http(default_deployment: Any) -> None:
    for logical_id in default_deployment.ids("AWS::SQS::Queue"):
        assert default_deployment.properties(logical_id)["SqsManagedSseEnabled"] is True
    policies = default_deployment.ids("AWS::SQS::QueuePolicy")
    assert len(policies) == len(default_deployment.ids("AWS::SQS::Queue")) == 2
    for logical_id in policies:
        denials = [
            statement
            for statement in default_deployment.properties(logical_id)["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert [each["Condition"] for each in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_only_this_deployments_rules_may_send(default_deployment: Any) -> None:
    policy = default_deployment.properties(
        default_deployment.named("DeploymentTriggersQueuePolicy", "AWS::SQS::QueuePolicy")
    )
    allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    senders = {each["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"][0] for each in allowed}
    assert senders == set(default_deployment.ids("AWS::Events::Rule"))
    assert {json.dumps(each["Principal"]) for each in allowed} == {'{"Service": "events.amazonaws.com"}'}


def test_messages_that_keep_failing_raise_an_alarm(default_deployment: Any) -> None:
    dead = default_deployment.named("DeploymentTriggersDeadLetterQueue", "AWS::SQS::Queue")
    queue = default_deployment.properties(
        default_deployment.named("DeploymentTriggersQueue", "AWS::SQS::Queue")
    )
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
        "maxReceiveCount": 4,
    }
    assert default_deployment.properties(dead)["FifoQueue"] is True
    alarm = default_deployment.properties(default_deployment.only("AWS::CloudWatch::Alarm"))
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [dead, "QueueName"]}}]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)


def test_a_message_stays_hidden_for_longer_than_a_look_takes(default_deployment: Any) -> None:
    queue = default_deployment.properties(
        default_deployment.named("DeploymentTriggersQueue", "AWS::SQS::Queue")
    )
    function = default_deployment.properties(
        default_deployment.named("DeploymentController", "AWS::Lambda::Function")
    )
    assert queue["VisibilityTimeout"] == 360
    assert function["Timeout"] == 300
    default_deployment.template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    )


def matches(pattern: Any, event: Any) -> bool:
    """EventBridge's rules for patterns of exact values, and of such whose case does not matter."""
    if isinstance(pattern, list) and isinstance(pattern[0], dict):
        return bool(event.lower() == pattern[0]["equals-ignore-case"].lower())
    if isinstance(pattern, dict):
        return all(key in event and matches(inner, event[key]) for key, inner in pattern.items())
    return event in pattern


@pytest.mark.parametrize(
    ("event", "rule", "detail"),
    [
        ("model_package_approved", "ModelPackageRule", {}),
        ("model_package_approved", "ModelPackageRule", {"ModelApprovalStatus": "Rejected"}),
        ("model_package_approved", None, {"ModelPackageGroupName": "other-models"}),
        ("endpoint_in_service", "EndpointRule", {"EndpointName": "churn-deployment-d8e1ac24"}),
        ("endpoint_in_service", None, {"EndpointName": "churn"}),
    ],
)
def test_recorded_events_match_one_rule(
    default_deployment: Any, event: str, rule: str | None, detail: dict[str, str]
) -> None:
    sent = json.loads((EVENTS / f"{event}.json").read_text())
    sent["detail"].update(detail)
    matching = [
        each
        for each in default_deployment.ids("AWS::Events::Rule")
        if "EventPattern" in (properties := default_deployment.properties(each))
        and matches(properties["EventPattern"], sent)
    ]
    expected = (
        [] if rule is None else [default_deployment.named(f"DeploymentTriggers{rule}", "AWS::Events::Rule")]
    )
    assert matching == expected


def sent(**changed: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "model_package_approved.json").read_text())
    event["detail"]["ModelPackageGroupName"] = changed.pop("group", "churn-models")
    return {**event, **changed}


def pattern_of(deployment: Any) -> Any:
    rule = deployment.named("DeploymentTriggersModelPackageRule", "AWS::Events::Rule")
    return deployment.properties(rule)["EventPattern"]


@pytest.mark.parametrize(
    "forged",
    [
        {"account": "210987654321"},
        {"region": "us-east-1"},
        {"source": "cdk-sagemaker-mlops"},
        {"detail-type": "SageMaker Endpoint State Change"},
        {"group": "churn"},
    ],
)
def test_events_of_other_accounts_and_sources_do_not_match(
    default_deployment: Any, forged: dict[str, str]
) -> None:
    assert matches(pattern_of(default_deployment), sent())
    assert not matches(pattern_of(default_deployment), sent(**forged))


def test_a_group_elsewhere_is_watched_where_it_is(elsewhere_deployment: Any) -> None:
    pattern = pattern_of(elsewhere_deployment)
    there = {"account": "210987654321", "region": "us-east-1"}
    # The ARN, which is all that is known of the group, is in lower case; its name may not be.
    assert matches(pattern, sent(**there, group="Churn-Models"))
    assert not matches(pattern, sent())
    assert not matches(pattern, sent(**there, group="other"))


def test_the_bus_is_opened_to_the_groups_account_and_its_events(
    default_deployment: Any, elsewhere_deployment: Any
) -> None:
    assert default_deployment.ids("AWS::Events::EventBusPolicy") == []
    policy = elsewhere_deployment.properties(elsewhere_deployment.only("AWS::Events::EventBusPolicy"))
    statement = policy["Statement"]
    assert policy["EventBusName"] == "default"
    assert policy["StatementId"] == statement["Sid"]
    assert statement["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::210987654321:root"
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"]["ForAllValues:StringEquals"] == {
        "events:source": "aws.sagemaker",
        "events:detail-type": "SageMaker Model Package State Change",
    }


def test_handlers_are_told_the_arn_of_a_group_elsewhere_and_what_its_models_become(
    elsewhere_deployment: Any,
) -> None:
    properties = elsewhere_deployment.properties(
        elsewhere_deployment.only("Custom::SageMakerModelDeployment")
    )
    assert properties["ModelPackageGroup"]["Fn::Join"][1][-1] == (
        ":sagemaker:us-east-1:210987654321:model-package-group/churn-models"
    )
    hosting = json.loads(properties["Hosting"])
    assert hosting["ArtifactBucket"] == "our-copies"
    # scikit-learn's images, as the SDK has them.
    assert hosting["ImageRegistries"]["683313688378"] == "141502667606"
