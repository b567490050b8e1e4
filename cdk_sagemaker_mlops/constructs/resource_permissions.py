"""What the steps need that create SageMaker resources, or delete S3 objects."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns

# Step type to (API noun, ARN resource, member of the arguments that names it).
_HOSTING = {
    "EndpointConfig": ("EndpointConfig", "endpoint-config", "EndpointConfigName"),
    "Endpoint": ("Endpoint", "endpoint", "EndpointName"),
    "InferenceComponent": ("InferenceComponent", "inference-component", "InferenceComponentName"),
}
_LINEAGE = {
    "Actions": ("Action", "action"),
    "Artifacts": ("Artifact", "artifact"),
    "Contexts": ("Context", "context"),
}


def model_statements(defined: DefinedSteps, group: str) -> Iterator[iam.PolicyStatement]:
    """Yields what registers and creates models."""
    registered = defined.of("RegisterModel")
    if registered:
        named = (step["Arguments"].get("ModelPackageGroupName") for step in registered)
        groups = [group, *(name for name in defined.texts(named) if name != group)]
        yield iam.PolicyStatement(
            actions=[
                "sagemaker:CreateModelPackage",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:AddTags",
            ],
            resources=[
                arn
                for name in groups
                for arn in (
                    *arns(defined.stack, "model-package-group", name),
                    *arns(defined.stack, "model-package", f"{name}/*".replace("*/*", "*")),
                )
            ],
        )
    if defined.of("Model"):
        yield iam.PolicyStatement(
            actions=["sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"],
            resources=arns(defined.stack, "model", "pipelines-*"),
        )


def hosting_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what creates endpoints."""
    for step_type, (noun, resource, member) in _HOSTING.items():
        steps = defined.of(step_type)
        if not steps:
            continue
        actions = [f"sagemaker:Create{noun}", f"sagemaker:Describe{noun}", "sagemaker:AddTags"]
        if noun == "Endpoint":  # the step updates an endpoint that exists
            actions.append("sagemaker:UpdateEndpoint")
        names = defined.texts(step["Arguments"][member] for step in steps)
        yield iam.PolicyStatement(
            actions=actions, resources=[arn for name in names for arn in arns(defined.stack, resource, name)]
        )
    if defined.of("Endpoint", "InferenceComponent"):
        # What the new resource refers to is checked against the caller's permissions too.
        configs = defined.texts(step["Arguments"]["EndpointConfigName"] for step in defined.of("Endpoint"))
        endpoints = defined.texts(
            step["Arguments"]["EndpointName"] for step in defined.of("InferenceComponent")
        )
        yield iam.PolicyStatement(
            actions=["sagemaker:CreateEndpoint", "sagemaker:CreateInferenceComponent"],
            resources=[
                *(arn for name in configs for arn in arns(defined.stack, "endpoint-config", name)),
                *(arn for name in endpoints for arn in arns(defined.stack, "endpoint", name)),
            ],
        )


def lineage_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what writes lineage entities and their associations."""
    steps = defined.of("Lineage")
    for member, (noun, resource) in _LINEAGE.items():
        if any(step["Arguments"].get(member) for step in steps):
            yield iam.PolicyStatement(
                actions=[f"sagemaker:Create{noun}", f"sagemaker:Describe{noun}", "sagemaker:AddTags"],
                resources=arns(defined.stack, resource, "*"),
            )
    if any(step["Arguments"].get("Associations") for step in steps):
        yield iam.PolicyStatement(
            actions=["sagemaker:AddAssociation"],
            resources=[
                arn for _, resource in _LINEAGE.values() for arn in arns(defined.stack, resource, "*")
            ],
        )


def cleanup_statements(defined: DefinedSteps, bucket: s3.IBucket) -> Iterator[iam.PolicyStatement]:
    """Yields what deletes the objects that cleanup steps name; without any, those of the artifact bucket."""
    sources = [
        source for step in defined.of("Cleanup") for source in step["Arguments"]["Resources"].get("S3", [])
    ]
    if not sources:
        return
    uris = [uri for source in sources for uri in source.get("S3Uris", [])]
    named = {
        f"arn:{defined.stack.partition}:s3:::{defined.text(uri).removeprefix('s3://')}*"
        for uri in uris
        if isinstance(uri, str)
    }
    if len(named) < len(set(map(str, uris))) or not all("S3Uris" in source for source in sources):
        named.add(bucket.arn_for_objects("*"))
    yield iam.PolicyStatement(actions=["s3:DeleteObject"], resources=sorted(named))
