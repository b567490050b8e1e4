"""Builds a pipeline definition document and its code bundle, with no AWS and the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext

if TYPE_CHECKING:
    from sagemaker.mlops.workflow.pipeline import Pipeline

PipelineFunction = Callable[[PipelineContext], "Pipeline"]
"""A user's own function from the context to the SDK's pipeline."""


@dataclass(frozen=True, kw_only=True)
class PipelineDefinition:
    """A finished definition, with placeholders where deploy-time values belong.

    Attributes:
        document: The definition's JSON text.
        code: Objects to deploy into the artifact bucket: key to content.
        image_tables: Account placeholder to (region to account) of each image registry used.
        tokens: Placeholder to what was given to ``PipelineContext.placeholder``.
    """

    document: str
    code: Mapping[str, bytes]
    image_tables: Mapping[str, Mapping[str, str]]
    tokens: Mapping[str, object]


def build_definition(
    pipeline: StandardPipeline | PipelineFunction,
    *,
    pipeline_name: str,
    model_package_group_name: str,
    region: str | None,
    input_data_uri: str | None,
) -> PipelineDefinition:
    """Runs the SDK, offline, and makes what it built deterministic.

    Args:
        pipeline: The built-in pipeline's options, or a function that builds the SDK's pipeline.
        pipeline_name: Name of the pipeline.
        model_package_group_name: Name of the group that models are registered in; may be a CDK token.
        region: Region to build for, or ``None`` if it is known only at deployment.
        input_data_uri: Default of the ``InputDataUri`` parameter; may be a CDK token. ``None``: it has none.

    Raises:
        DefinitionError: The function called AWS, altered a placeholder, let a CDK token into the SDK, or did
            not return a pipeline of that name; or SageMaker would refuse what it built.
    """
    from cdk_sagemaker_mlops.definition.definition_builder import run_the_sdk  # noqa: PLC0415 - see its module

    return run_the_sdk(
        pipeline,
        pipeline_name=pipeline_name,
        model_package_group_name=model_package_group_name,
        region=region,
        input_data_uri=input_data_uri,
    )
