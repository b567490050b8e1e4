"""Transform: predictions for a batch of data."""

from __future__ import annotations

from typing import Any

from sagemaker.core.transformer import Transformer
from sagemaker.mlops.workflow.steps import Step, TransformStep

from cdk_sagemaker_mlops.config.batch_transform import BatchTransform
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters


def transform_step(
    settings: JobSettings, parameters: Parameters, options: BatchTransform, *, model_name: Any, after: Step
) -> TransformStep:
    """Returns the step that predicts, after the model was registered."""
    transformer = Transformer(
        model_name=model_name,
        instance_count=options.instance_count,
        instance_type=options.instance_type,
        assemble_with=options.assemble_with,
        output_path=settings.of_this_execution("transform"),
        output_kms_key=settings.output_kms_key,
        accept=options.accept,
        tags=settings.tag_list,
        env=settings.environment(options.environment) if options.environment else None,
        base_transform_job_name="transform",
        sagemaker_session=settings.ctx.session,
        volume_kms_key=settings.volume_kms_key,
    )
    return TransformStep(
        name="Transform",
        step_args=transformer.transform(
            parameters.transform_input_uri,
            content_type=options.content_type,
            split_type=options.split_type,
        ),
        cache_config=settings.cache,
        depends_on=[after],
        retry_policies=settings.job_retries,
    )
