"""The images that the built-in pipeline's containers run."""

from __future__ import annotations

from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.errors import DefinitionError, Problem


def training_image(settings: JobSettings, own: str | None, instance_type: str) -> str:
    """Returns the stage's own image, or the framework's training image, which also runs processing.

    Raises:
        DefinitionError: AWS has no such image.
    """
    if own is not None:
        return settings.text(own)
    config = settings.config
    return _framework_image(
        settings,
        scope="training",
        instance_type=instance_type,
        parameter="framework_version",
        version=config.framework_version,
        options={
            "py_version": config.py_version,
            "base_framework_version": config.base_framework_version,
        },
    )


def inference_image(settings: JobSettings) -> str:
    """Returns the image that serves the model.

    Raises:
        DefinitionError: AWS has no such image.
    """
    config, inference = settings.config, settings.config.inference
    if inference.image_uri is not None:
        return settings.text(inference.image_uri)
    follows = inference.framework_version is None
    # Another version usually has another Python, so the pipeline's is not carried over.
    python = config.py_version if follows else None
    base = config.base_framework_version
    return _framework_image(
        settings,
        scope="inference",
        instance_type=inference.instance_type,
        parameter="framework_version" if follows else "inference.framework_version",
        version=config.framework_version
        if inference.framework_version is None
        else inference.framework_version,
        options={
            "py_version": python if inference.py_version is None else inference.py_version,
            "base_framework_version": (
                base if inference.base_framework_version is None else inference.base_framework_version
            ),
        },
    )


def _framework_image(
    settings: JobSettings,
    *,
    scope: str,
    instance_type: str,
    parameter: str,
    version: str,
    options: dict[str, str | None],
) -> str:
    framework = settings.config.framework
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return settings.ctx.image_uri(
            framework=framework, version=version, image_scope=scope, instance_type=instance_type, **given
        )
    except FileNotFoundError as error:
        raise DefinitionError(
            Problem(
                code="UnknownFramework",
                parameter="framework",
                rule="be one that the SageMaker SDK has a table of images for",
                value=framework,
                fix="use 'sklearn', 'xgboost', 'pytorch', 'tensorflow' or 'huggingface'",
            ),
            at=settings.ctx.pipeline_name,
        ) from error
    except (ValueError, KeyError) as error:
        described = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise DefinitionError(
            Problem(
                code="ImageNotFound",
                parameter=parameter,
                rule=f"be a version of {framework} with an image for {scope} on {instance_type}"
                + (f" ({described})" if described else ""),
                value=version,
                fix=f"use another version, or an image_uri; the SDK says: {error}",
            ),
            at=settings.ctx.pipeline_name,
        ) from error
