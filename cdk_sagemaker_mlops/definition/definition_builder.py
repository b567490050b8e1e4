"""How a definition is built: the SDK runs, offline, and what it made is renamed by content and checked.

Imported only where something must be built: a synthesis whose definitions are all in the cache needs none of
it.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition import placeholders, repack_step
from cdk_sagemaker_mlops.definition.code_bundle import CodeBundle
from cdk_sagemaker_mlops.definition.image_registries import ImageRegistries
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, PipelineFunction
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment
from cdk_sagemaker_mlops.definition.validation.placeholder_check import (
    explaining_raw_tokens,
    require_sound_values,
)
from cdk_sagemaker_mlops.definition.validation.validator import validate
from cdk_sagemaker_mlops.errors import DefinitionError, Problem


def run_the_sdk(
    pipeline: StandardPipeline | PipelineFunction,
    *,
    pipeline_name: str,
    model_package_group_name: str,
    region: str | None,
    input_data_uri: str | None,
) -> PipelineDefinition:
    """Does what :func:`~.pipeline_definition.build_definition` says."""
    registries, bundle = ImageRegistries(), CodeBundle()
    with sdk_environment(), registries.answering_the_sdk(), _steady_sdk():
        ctx = _context(
            bundle,
            pipeline_name=pipeline_name,
            model_package_group_name=model_package_group_name,
            region=placeholders.REGION if region is None else region,
            input_data_uri=input_data_uri,
        )
        with explaining_raw_tokens(pipeline_name):
            built = _sdk_pipeline(pipeline, ctx)
            _drop_default_experiment(built)
            document = json.loads(built.definition())
    repack_step.forget_local_paths(document)
    text, code = bundle.renamed(json.dumps(document, sort_keys=True, separators=(",", ":")))
    document = json.loads(text)  # with the keys that will be deployed
    known = [*registries.tables, *ctx.placeholder_tokens]
    require_sound_values(document, known=known, pipeline_name=pipeline_name)
    validate(document, pipeline_name=pipeline_name)
    return PipelineDefinition(
        document=text, code=code, image_tables=registries.tables, tokens=ctx.placeholder_tokens
    )


def _steady_sdk() -> contextlib.AbstractContextManager[None]:
    from cdk_sagemaker_mlops.definition.steady_sdk import steady_sdk  # noqa: PLC0415 - imports the SDK

    return steady_sdk()


def _context(
    bundle: CodeBundle,
    *,
    pipeline_name: str,
    model_package_group_name: str,
    region: str,
    input_data_uri: str | None,
) -> PipelineContext:
    from cdk_sagemaker_mlops.definition.pipeline_session import PipelineSession  # noqa: PLC0415 - imports the SDK

    tokens: dict[str, object] = {}
    return PipelineContext(
        session=PipelineSession(region=region, bundle=bundle),
        region=region,
        pipeline_name=pipeline_name,
        model_package_group_name=_safe(model_package_group_name, tokens),
        input_data_uri=None if input_data_uri is None else _safe(input_data_uri, tokens),
        tokens=tokens,
    )


def _safe(value: str, tokens: dict[str, object]) -> str:
    """Returns ``value``, or a placeholder that stands for it if it is a CDK token."""
    if not checks.is_token(value):
        return value
    placeholder = placeholders.custom(len(tokens))
    tokens[placeholder] = value
    return placeholder


def _sdk_pipeline(pipeline: StandardPipeline | PipelineFunction, ctx: PipelineContext) -> Any:
    if isinstance(pipeline, StandardPipeline):
        from cdk_sagemaker_mlops.definition.standard_pipeline import (  # noqa: PLC0415 - imports the SDK
            build_standard_pipeline,
        )

        return build_standard_pipeline(pipeline, ctx)
    return _require_pipeline(pipeline(ctx), ctx)


def _drop_default_experiment(built: Any) -> None:
    """Takes off the experiment that the SDK adds in some regions only, unless the user asked for one.

    It would make a definition depend on the region, and creating experiments takes further permissions.
    """
    from sagemaker.mlops.workflow import pipeline  # noqa: PLC0415 - slow

    if built.pipeline_experiment_config is pipeline._DEFAULT_EXPERIMENT_CFG:
        built.pipeline_experiment_config = None


def _require_pipeline(built: object, ctx: PipelineContext) -> Any:
    from sagemaker.mlops.workflow.pipeline import Pipeline  # noqa: PLC0415 - slow

    if not isinstance(built, Pipeline):
        raise DefinitionError(
            Problem(
                code="NotAPipeline",
                parameter="pipeline",
                rule="return a sagemaker.mlops.workflow.pipeline.Pipeline",
                value=built,
                fix="end the function with 'return Pipeline(ctx.pipeline_name, ...)'",
            ),
            at=ctx.pipeline_name,
        )
    if built.name != ctx.pipeline_name:
        raise DefinitionError(
            Problem(
                code="PipelineNameMismatch",
                parameter="pipeline",
                rule=f"name its pipeline ctx.pipeline_name ({ctx.pipeline_name!r})",
                value=built.name,
                fix="pass ctx.pipeline_name to Pipeline, and pipeline_name= to the construct to choose it",
            ),
            at=ctx.pipeline_name,
        )
    return built
