"""What a SageMaker call asks of IAM: an action on each resource it names.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.local.engine.authorization.check import Check, pass_role
from cdk_sagemaker_mlops.local.engine.scope import Scope

_SERVICE = "sagemaker.amazonaws.com"

_MODEL = ("model", "ModelName")
_CONFIG = ("endpoint-config", "EndpointConfigName")
_ENDPOINT = ("endpoint", "EndpointName")
_GROUP = ("model-package-group", "ModelPackageGroupName")
_PIPELINE = ("pipeline", "PipelineName")
_EXECUTION = ("pipeline-execution", "PipelineExecutionArn")
_TAGGED = ("", "ResourceArn")

# By operation: each resource's type, and the request member that holds its name or ARN.
_RESOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "CreateModel": (_MODEL,),
    "DescribeModel": (_MODEL,),
    "DeleteModel": (_MODEL,),
    "CreateEndpointConfig": (_CONFIG,),
    "DescribeEndpointConfig": (_CONFIG,),
    "DeleteEndpointConfig": (_CONFIG,),
    # Both resources are required: a policy that names only the endpoint does not do.
    "CreateEndpoint": (_ENDPOINT, _CONFIG),
    "UpdateEndpoint": (_ENDPOINT, _CONFIG),
    "UpdateEndpointWeightsAndCapacities": (_ENDPOINT,),
    "DescribeEndpoint": (_ENDPOINT,),
    "DeleteEndpoint": (_ENDPOINT,),
    "InvokeEndpoint": (_ENDPOINT,),
    "InvokeEndpointAsync": (_ENDPOINT,),
    "CreateModelPackageGroup": (_GROUP,),
    "DescribeModelPackageGroup": (_GROUP,),
    "DeleteModelPackageGroup": (_GROUP,),
    "PutModelPackageGroupPolicy": (_GROUP,),
    "GetModelPackageGroupPolicy": (_GROUP,),
    "DeleteModelPackageGroupPolicy": (_GROUP,),
    "DescribeModelPackage": (("model-package", "ModelPackageName"),),
    "UpdateModelPackage": (("model-package", "ModelPackageArn"),),
    "DeleteModelPackage": (("model-package", "ModelPackageName"),),
    "CreatePipeline": (_PIPELINE,),
    "DescribePipeline": (_PIPELINE,),
    "UpdatePipeline": (_PIPELINE,),
    "DeletePipeline": (_PIPELINE,),
    "StartPipelineExecution": (_PIPELINE,),
    "ListPipelineExecutions": (_PIPELINE,),
    "DescribePipelineExecution": (_EXECUTION,),
    "DescribePipelineDefinitionForExecution": (_EXECUTION,),
    "ListPipelineExecutionSteps": (_EXECUTION,),
    "ListPipelineParametersForExecution": (_EXECUTION,),
    "StopPipelineExecution": (_EXECUTION,),
    "AddTags": (_TAGGED,),
    "ListTags": (_TAGGED,),
    "DeleteTags": (_TAGGED,),
}
# The member that holds a role which the call hands to SageMaker.
_PASSED_ROLES = {"CreateModel": "ExecutionRoleArn", "CreatePipeline": "RoleArn", "UpdatePipeline": "RoleArn"}


def sagemaker_checks(scope: Scope, operation: str, params: dict[str, Any]) -> list[Check]:
    """Everything that a call asks of IAM.

    Args:
        scope: Account and region of the caller.
        operation: Name of the operation; its action has the same name.
        params: The request, not yet checked against the operation's shape.
    """
    resources = [_arn(scope, kind, params.get(member)) for kind, member in _RESOURCES.get(operation, ())]
    if operation == "CreateModel":
        # The package's owner has a say, too: its resource policy grants CreateModel on the package.
        resources += [_arn(scope, "model-package", name) for name in _packages(params)]
    if operation == "CreateModelPackage":
        resources = [_new_package(scope, params)]
    action = f"sagemaker:{operation}"
    tags = _tag_keys(params)
    keys = {**tags, **_package_keys(operation, params)}
    checks = [Check(action, resource, keys) for resource in resources] or [Check(action, "*", keys)]
    if tags and operation.startswith("Create"):
        checks.append(Check("sagemaker:AddTags", checks[0].resource, tags))
    checks += [Check("cloudwatch:DescribeAlarms", alarm) for alarm in _alarms(scope, params)]
    role = params.get(_PASSED_ROLES.get(operation, ""))
    return [*checks, pass_role(str(role), _SERVICE)] if role else checks


def _arn(scope: Scope, kind: str, reference: object) -> str:
    name = str(reference)
    return name if name.startswith("arn:") else scope.arn(f"{kind}/{name}")


def _new_package(scope: Scope, params: dict[str, Any]) -> str:
    group = params.get("ModelPackageGroupName")
    if group is None:
        return _arn(scope, "model-package", params.get("ModelPackageName"))
    # The version that it will be is not known yet.
    return scope.arn(f"model-package/{str(group).rpartition('/')[2]}/*")


def _packages(params: dict[str, Any]) -> Iterator[str]:
    containers = [params.get("PrimaryContainer"), *(params.get("Containers") or [])]
    for container in containers:
        if isinstance(container, dict) and "ModelPackageName" in container:
            yield str(container["ModelPackageName"])


def _alarms(scope: Scope, params: dict[str, Any]) -> Iterator[str]:
    """ARNs of the alarms that SageMaker watches in the caller's name during a rollout."""
    deployment = params.get("DeploymentConfig")
    rollback = deployment.get("AutoRollbackConfiguration") if isinstance(deployment, dict) else None
    for alarm in (rollback.get("Alarms") or []) if isinstance(rollback, dict) else []:
        if isinstance(alarm, dict):
            yield f"arn:aws:cloudwatch:{scope.region}:{scope.account}:alarm:{alarm.get('AlarmName')}"


def _package_keys(operation: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    """Condition keys by which a policy tells a decision about a package from a note on it."""
    if operation not in ("CreateModelPackage", "UpdateModelPackage"):
        return {}
    metadata = params.get("CustomerMetadataProperties")
    keys: dict[str, str | list[str]] = {
        f"sagemaker:CustomerMetadataProperties/{key}": str(value)
        for key, value in (metadata.items() if isinstance(metadata, dict) else ())
    }
    if "ModelApprovalStatus" in params:
        keys["sagemaker:ModelApprovalStatus"] = str(params["ModelApprovalStatus"])
    return keys


def _tag_keys(params: dict[str, Any]) -> dict[str, str | list[str]]:
    tags = [tag for tag in params.get("Tags") or [] if isinstance(tag, dict) and "Key" in tag]
    keys: dict[str, str | list[str]] = {
        f"aws:RequestTag/{tag['Key']}": str(tag.get("Value", "")) for tag in tags
    }
    return {**keys, "aws:TagKeys": [str(tag["Key"]) for tag in tags]} if tags else {}
