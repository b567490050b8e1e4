"""What an endpoint config's variants serve: model -> model package -> artifact and environment."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.context import Context
from cdk_sagemaker_mlops.local.engine.fleets import LoadError, Variant
from cdk_sagemaker_mlops.local.engine.operations import models
from cdk_sagemaker_mlops.local.engine.operations.model_packages import find_package
from cdk_sagemaker_mlops.local.engine.store import Record


def resolve_variants(context: Context, config: Record) -> list[Variant]:
    """What each variant of an endpoint config serves.

    Raises:
        LoadError: A model or package is gone, or is of a kind that is not emulated.
    """
    return [_resolve_variant(context, variant) for variant in config["ProductionVariants"]]


def _resolve_variant(context: Context, variant: dict[str, Any]) -> Variant:
    model = context.table(models.KIND).get(variant["ModelName"])
    if model is None:
        arn = context.scope.arn(f"{models.KIND}/{variant['ModelName']}")
        raise LoadError(f'Could not find model "{arn}".')
    containers = models.containers_of(model)
    if len(containers) > 1:
        raise LoadError(f"Model {variant['ModelName']} is an inference pipeline, which is not emulated.")
    artifact, environment = _resolve_container(context, containers[0])
    return Variant(
        name=variant["VariantName"],
        weight=variant["InitialVariantWeight"],
        artifact_uri=artifact,
        environment=environment,
    )


def _resolve_container(context: Context, container: dict[str, Any]) -> tuple[str, dict[str, str]]:
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise LoadError("A multi-model container is not emulated.")
    if "ModelPackageName" not in container:
        return _artifact(container), dict(container.get("Environment", {}))
    try:
        package = find_package(context, container["ModelPackageName"])
    except ApiError as error:
        raise LoadError(error.message) from error
    packaged = package.get("InferenceSpecification", {}).get("Containers", [])
    if len(packaged) != 1:
        raise LoadError(
            f"ModelPackage {package['ModelPackageArn']} has {len(packaged)} containers; one is emulated."
        )
    # The model's own variables come on top of the package's.
    environment = {**packaged[0].get("Environment", {}), **container.get("Environment", {})}
    return _artifact(packaged[0]), environment


def _artifact(container: dict[str, Any]) -> str:
    if "ModelDataUrl" in container:
        return str(container["ModelDataUrl"])
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if source.get("CompressionType") == "Gzip" and source.get("S3DataType") == "S3Object":
        return str(source["S3Uri"])
    raise LoadError("The container has no compressed model artifact; no other kind is emulated.")


def variant_summaries(config: Record) -> list[dict[str, Any]]:
    """Variants as DescribeEndpoint shows them."""
    return [_summary(variant) for variant in config["ProductionVariants"]]


def _summary(variant: dict[str, Any]) -> dict[str, Any]:
    weight = variant["InitialVariantWeight"]
    summary = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
    if "ServerlessConfig" in variant:
        serverless = variant["ServerlessConfig"]
        return {**summary, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    count = variant["InitialInstanceCount"]
    return {**summary, "CurrentInstanceCount": count, "DesiredInstanceCount": count}
