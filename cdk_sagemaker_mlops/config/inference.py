"""The container that the built-in pipeline registers a model with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.config.framework import version_problems

# botocore's sagemaker model, the Environment* shapes. A model package has four variables anyway.
_MOST_VARIABLES, _VARIABLE_LENGTH = 96, 1024


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The container that serves the model.

    Args:
        instance_type: Type of instance that will serve; chooses between the framework's CPU and GPU images.
            Default: ``"ml.m5.large"``.
        framework_version: Version of the framework's inference image, where AWS numbers it differently from
            the training image. Default: the pipeline's.
        py_version: Python version of the inference image, such as ``py312``. Default: the pipeline's, or with
            a ``framework_version`` of its own the only one there is.
        base_framework_version: What a Hugging Face inference image is built on. Default: the pipeline's.
        environment: Variables, up to 96; names and values have up to 1024 characters, and values may be CDK
            tokens. They win over the pipeline's own ``SAGEMAKER_*``. Default: none.
        image_uri: Image to serve with instead of the framework's, with SageMaker's inference toolkit; may be
            a CDK token. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``environment`` is not a mapping.
    """

    instance_type: str = "ml.m5.large"
    framework_version: str | None = None
    py_version: str | None = None
    base_framework_version: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    image_uri: str | None = None

    def __post_init__(self) -> None:
        checks.argument_type("inference.environment", self.environment, Mapping)
        checks.raise_problems(
            [
                checks.instance_type("inference.instance_type", self.instance_type),
                *version_problems(
                    "inference.", self.framework_version, self.py_version, self.base_framework_version
                ),
                *stage_checks.environment(
                    "inference.environment",
                    self.environment,
                    most=_MOST_VARIABLES,
                    name_length=_VARIABLE_LENGTH,
                    value_length=_VARIABLE_LENGTH,
                ),
                stage_checks.image_uri("inference.image_uri", self.image_uri),
            ]
        )
