"""The ``AWS::SageMaker::*`` types: what they are called, and how their properties become API requests.

From CloudFormation's resource reference; everything here is a function of values.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from cdk_sagemaker_mlops.local.engine import shapes

# CloudFormation does not say which token it makes requests with; this one has the length that is asked for.
_TOKEN = "cfn-" + "0" * 32
_TOKEN_OPERATIONS = frozenset({"CreatePipeline", "DeletePipeline"})


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A CloudFormation type whose resources one family of operations makes.

    Args:
        noun: What the operations are called by: ``Create<noun>``, ``Describe<noun>``, ``Delete<noun>``.
        name_property: Property, and request member, that holds the name.
        reference: Member of the Describe answer that ``Ref`` gives.
        attributes: Members of the Describe answer that ``Fn::GetAtt`` gives.
        replacing: Properties whose change makes a new resource. Default: ``None``, all but the tags.
        update: Operation that other changes are made with. Default: ``None``, there are none but tags.
        own: Properties that are not members of the Create request. Default: ``()``.
    """

    noun: str
    name_property: str
    reference: str
    attributes: tuple[str, ...]
    replacing: frozenset[str] | None = None
    update: str | None = None
    own: tuple[str, ...] = ()

    @property
    def arn_member(self) -> str:
        """Member of the Describe answer that holds the ARN."""
        return f"{self.noun}Arn"

    @property
    def properties(self) -> frozenset[str]:
        """Every property the type has."""
        shape = shapes.operation_model(f"Create{self.noun}").input_shape
        return frozenset(() if shape is None else shape.members) | frozenset(self.own)

    @property
    def replacing_properties(self) -> frozenset[str]:
        """Properties whose change makes a new resource."""
        return self.properties - {"Tags"} if self.replacing is None else self.replacing


# Every type, by its name in a template.
RESOURCE_TYPES: dict[str, ResourceType] = {
    "AWS::SageMaker::Pipeline": ResourceType(
        noun="Pipeline",
        name_property="PipelineName",
        reference="PipelineName",
        attributes=(),
        replacing=frozenset({"PipelineName"}),
        update="UpdatePipeline",
    ),
    "AWS::SageMaker::ModelPackageGroup": ResourceType(
        noun="ModelPackageGroup",
        name_property="ModelPackageGroupName",
        reference="ModelPackageGroupArn",
        attributes=("ModelPackageGroupArn", "ModelPackageGroupStatus", "CreationTime"),
        replacing=frozenset({"ModelPackageGroupName", "ModelPackageGroupDescription"}),
        own=("ModelPackageGroupPolicy",),
    ),
    "AWS::SageMaker::Model": ResourceType(
        noun="Model",
        name_property="ModelName",
        reference="ModelArn",
        attributes=("ModelName",),
    ),
    "AWS::SageMaker::EndpointConfig": ResourceType(
        noun="EndpointConfig",
        name_property="EndpointConfigName",
        reference="EndpointConfigArn",
        attributes=("EndpointConfigName",),
    ),
    "AWS::SageMaker::Endpoint": ResourceType(
        noun="Endpoint",
        name_property="EndpointName",
        reference="EndpointArn",
        attributes=("EndpointName",),
        replacing=frozenset({"EndpointName"}),
        update="UpdateEndpoint",
        own=("ExcludeRetainedVariantProperties", "RetainAllVariantProperties", "RetainDeploymentConfig"),
    ),
}


def request(operation: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The request that properties amount to, in the API's words and value types.

    Args:
        operation: Operation the request is for; members it does not have are left out.
        properties: Properties of the resource, with the template's functions resolved.
    """
    renamed = _pipeline_definition(properties) if "PipelineDefinition" in properties else dict(properties)
    if operation in _TOKEN_OPERATIONS:
        renamed["ClientRequestToken"] = _TOKEN
    shape = shapes.operation_model(operation).input_shape
    members = {} if shape is None else shape.members
    return {name: _typed(members[name], value) for name, value in renamed.items() if name in members}


def _pipeline_definition(properties: dict[str, Any]) -> dict[str, Any]:
    definition = properties["PipelineDefinition"]
    rest = {name: value for name, value in properties.items() if name != "PipelineDefinition"}
    if "PipelineDefinitionBody" in definition:
        return {**rest, "PipelineDefinition": definition["PipelineDefinitionBody"]}
    location = definition["PipelineDefinitionS3Location"]
    renamed = {
        "Bucket": location["Bucket"],
        "ObjectKey": location["Key"],
        "VersionId": location.get("Version"),
    }
    given = {name: value for name, value in renamed.items() if value is not None}
    return {**rest, "PipelineDefinitionS3Location": given}


def _typed(shape: Shape, value: Any) -> Any:
    """Gives ``value`` the API's types: templates carry numbers and booleans as text as often as not."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: _typed(shape.members[name], item) if name in shape.members else item
            for name, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_typed(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: _typed(shape.value, item) for name, item in value.items()}
    return _typed_scalar(shape.type_name, value)


def _typed_scalar(type_name: str, value: Any) -> Any:
    if type_name in ("integer", "long") and isinstance(value, str):
        return int(value)
    if type_name in ("float", "double") and isinstance(value, str):
        return float(value)
    if type_name == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if type_name == "string" and isinstance(value, bool):
        return str(value).lower()
    if type_name == "string" and isinstance(value, int | float):
        return str(value)
    return value


def policy_text(policy: object) -> str:
    """A resource policy as the API takes it: text, whichever form the template has."""
    return policy if isinstance(policy, str) else json.dumps(policy)
