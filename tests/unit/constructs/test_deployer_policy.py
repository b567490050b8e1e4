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
}


def test_no_action_is_allowed_on_everything_that_could_be_narrowed(full_deployment: Any) -> None:
    own = [
        logical_id for logical_id in full_deployment.ids("AWS::IAM::Policy") if "Provider" not in logical_id
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
        default_deployment.named("DeploymentControllerPolicy", "AWS::IAM::Policy")
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
