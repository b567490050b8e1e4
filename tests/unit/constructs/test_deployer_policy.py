from __future__ import annotations

import json
from typing import Any

from cdk_sagemaker_mlops.handlers import contract

AFTER_PARTITION = ":sagemaker:eu-west-1:123456789012:"


def by_action(statements: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [
        each
        for each in statements
        if action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    ]


# Actions that IAM cannot narrow to a resource, each with the condition that narrows it instead, if there is one.
UNNARROWABLE = {
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
}


def test_no_action_is_allowed_on_everything_that_could_be_narrowed(full_deployment: Any) -> None:
    own = [
        logical_id
        for type_name in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for logical_id in full_deployment.ids(type_name)
        if "Provider" not in logical_id
    ]
    assert own
    for logical_id in own:
        for statement in full_deployment.properties(logical_id)["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in actions if action.endswith(":*")], logical_id
            if "*" in (statement["Resource"], *statement["Resource"]):
                assert set(actions) <= UNNARROWABLE, (logical_id, actions)


def test_no_managed_policy_is_attached(default_deployment: Any) -> None:
    for logical_id in default_deployment.ids("AWS::IAM::Role"):
        if "Provider" not in logical_id:
            assert "ManagedPolicyArns" not in default_deployment.properties(logical_id), logical_id


def test_both_looking_functions_share_one_policy(default_deployment: Any) -> None:
    policy = default_deployment.properties(
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::ManagedPolicy")
    )
    assert [role["Ref"] for role in policy["Roles"]] == [
        default_deployment.named("DeploymentControllerRole", "AWS::IAM::Role"),
        default_deployment.named("SageMakerMlopsCustomResourcesRole", "AWS::IAM::Role"),
    ]


def test_the_controller_may_change_only_its_own_endpoint_configs_and_models(default_deployment: Any) -> None:
    statements = default_deployment.statements("DeploymentControllerPolicy")

    def allowed(action: str) -> set[str]:
        found: set[str] = set()
        for each in by_action(statements, f"sagemaker:{action}"):
            resources = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
            found |= {resource["Fn::Join"][1][2].removeprefix(AFTER_PARTITION) for resource in resources}
        return found

    prefix = default_deployment.properties(default_deployment.only(contract.MODEL_DEPLOYMENT))["NamePrefix"]
    endpoint, config, model = (
        "endpoint/churn-deployment-d8e1ac24",
        f"endpoint-config/{prefix}-*",
        f"model/{prefix}-*",
    )
    package = "model-package/churn-models/*"
    assert allowed("CreateModel") == {model, package}
    assert allowed("DescribeModelPackage") == {package}
    assert allowed("DeleteModel") == {model}
    assert allowed("CreateEndpointConfig") == allowed("DeleteEndpointConfig") == {config}
    assert allowed("CreateEndpoint") == allowed("UpdateEndpoint") == {endpoint, config}
    assert allowed("DeleteEndpoint") == allowed("DescribeEndpoint") == {endpoint}
    assert allowed("AddTags") == {endpoint, config, model}
    assert allowed("ListTags") == {endpoint, config}


def test_the_controller_may_hand_its_role_to_sagemaker_only(default_deployment: Any) -> None:
    (statement,) = by_action(default_deployment.statements("DeploymentControllerPolicy"), "iam:PassRole")
    role = default_deployment.named("DeploymentExecutionRole", "AWS::IAM::Role")
    assert statement["Resource"] == {"Fn::GetAtt": [role, "Arn"]}
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_names_with_capitals_are_allowed_in_both_spellings(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentControllerPolicy")
    packages = json.dumps(by_action(statements, "sagemaker:DescribeModelPackage"))
    assert ":model-package/churn-models/*" in packages
    assert ":model-package/Churn-Models/*" in packages
    endpoint = json.dumps(by_action(statements, "sagemaker:DeleteEndpoint"))
    assert ":endpoint/churn-live" in endpoint
    assert ":endpoint/Churn-Live" in endpoint


def resources(statement: dict[str, Any]) -> list[str]:
    found = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [each["Fn::Join"][1][-1] if "Fn::Join" in each else next(iter(each.values())) for each in found]


def test_outcomes_are_noted_on_packages_but_never_their_approval(default_deployment: Any) -> None:
    (note,) = by_action(
        default_deployment.statements("DeploymentControllerPolicy"), "sagemaker:UpdateModelPackage"
    )
    assert resources(note) == [f"{AFTER_PARTITION}model-package/churn-models/*"]
    assert note["Condition"] == {"Null": {"sagemaker:ModelApprovalStatus": "true"}}


def test_the_endpoint_is_asked_only_for_a_smoke_test(
    default_deployment: Any, full_deployment: Any, async_deployment: Any
) -> None:
    def asked(deployment: Any) -> list[str]:
        text = json.dumps(deployment.statements("DeploymentControllerPolicy"))
        return [
            action for action in ("InvokeEndpoint", "InvokeEndpointAsync") if f'"sagemaker:{action}"' in text
        ]

    assert asked(default_deployment) == []
    assert asked(full_deployment) == ["InvokeEndpoint"]
    assert asked(async_deployment) == ["InvokeEndpointAsync"]
    (place,) = by_action(async_deployment.statements("DeploymentControllerPolicy"), "s3:PutObject")
    assert place["Action"] == ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    name = async_deployment.deployment.endpoint_name
    assert resources(place) == [f":s3:::churn-artifacts/{name}/async-output*"]


def test_scaling_is_sagemakers_only(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentControllerPolicy")
    (scale,) = by_action(statements, "application-autoscaling:RegisterScalableTarget")
    assert scale["Condition"] == {
        "StringEqualsIfExists": {"application-autoscaling:service-namespace": "sagemaker"}
    }
    assert "application-autoscaling:PutScheduledAction" not in scale["Action"], "there is no schedule"
    (link,) = by_action(statements, "iam:CreateServiceLinkedRole")
    assert link["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
    }
    (alarms,) = by_action(statements, "cloudwatch:PutMetricAlarm")
    prefix = full_deployment.properties(full_deployment.named("Deployment", contract.MODEL_DEPLOYMENT))[
        "NamePrefix"
    ]
    assert resources(alarms) == [
        f":cloudwatch:eu-west-1:123456789012:alarm:{prefix}-*",
        ":cloudwatch:eu-west-1:123456789012:alarm:TargetTracking-endpoint/Churn-Live/*",
    ]


def test_scaling_of_before_can_be_ended_when_there_is_none_now(default_deployment: Any) -> None:
    statements = default_deployment.statements("DeploymentControllerPolicy")
    (end,) = by_action(statements, "application-autoscaling:DeregisterScalableTarget")
    assert end["Action"] == "application-autoscaling:DeregisterScalableTarget"
    (forget,) = by_action(statements, "cloudwatch:DeleteAlarms")
    assert forget["Action"] == "cloudwatch:DeleteAlarms"


def test_lambda_polls_with_three_actions(full_deployment: Any) -> None:
    poll, decrypt = full_deployment.statements("DeploymentControllerRole")[-2:]
    assert poll["Action"] == ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    assert decrypt["Action"] == "kms:Decrypt"


def test_volumes_are_encrypted_on_behalf_of_the_controller(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentControllerPolicy")
    (grant,) = by_action(statements, "kms:CreateGrant")
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert resources(grant)[0].endswith(":key/1234abcd-12ab-34cd-56ef-1234567890ab")


def test_outcomes_are_told_to_one_topic_and_as_one_kind_of_event(full_deployment: Any) -> None:
    statements = full_deployment.statements("DeploymentControllerPolicy")
    (publish,) = by_action(statements, "sns:Publish")
    assert resources(publish) == [full_deployment.named("Outcomes", "AWS::SNS::Topic")]
    topic_key = full_deployment.named("TopicKey", "AWS::KMS::Key")
    assert {"Fn::GetAtt": [topic_key, "Arn"]} in [
        each["Resource"] for each in by_action(statements, "kms:GenerateDataKey")
    ]
    (put,) = by_action(statements, "events:PutEvents")
    assert resources(put) == [":events:eu-west-1:123456789012:event-bus/default"]
    assert put["Condition"] == {
        "ForAllValues:StringEquals": {
            "events:source": "cdk-sagemaker-mlops",
            "events:detail-type": "Model Deployment State Change",
        }
    }


def test_models_of_another_region_are_copied_between_two_buckets(elsewhere_deployment: Any) -> None:
    statements = elsewhere_deployment.statements("DeploymentControllerPolicy")
    prefix = elsewhere_deployment.properties(elsewhere_deployment.only(contract.MODEL_DEPLOYMENT))[
        "NamePrefix"
    ]
    (write,) = by_action(statements, "s3:PutObject")
    assert resources(write) == [f":s3:::our-copies/models/{prefix}-*"]
    (read,) = by_action(statements, "s3:GetObjectTagging")
    assert resources(read) == [":s3:::their-models/*"]
    assert by_action(statements, "kms:Decrypt")[0]["Resource"] == (
        "arn:aws:kms:us-east-1:210987654321:key/models"
    )
    package = by_action(statements, "sagemaker:DescribeModelPackage")
    assert resources(package[0]) == [":sagemaker:us-east-1:210987654321:model-package/churn-models/*"]


def test_a_policy_fits_into_iams_limit(
    full_deployment: Any, async_deployment: Any, elsewhere_deployment: Any
) -> None:
    """6,144 characters; what CloudFormation puts in is taken as 90."""
    for deployment in (full_deployment, async_deployment, elsewhere_deployment):
        for logical_id in deployment.ids("AWS::IAM::ManagedPolicy"):
            document = deployment.properties(logical_id)["PolicyDocument"]
            assert len(json.dumps(document, separators=(",", ":"))) < 6144, logical_id
