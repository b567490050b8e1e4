"""How the built-in pipeline's processing jobs run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

DataDistribution = Literal["FullyReplicated", "ShardedByS3Key"]
# botocore's sagemaker model: ProcessingS3DataDistributionType, ProcessingInstanceCount and the
# ProcessingEnvironment* shapes.
_DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")
_MOST_INSTANCES = 100
_MOST_VARIABLES, _VARIABLE_LENGTH = 100, 256


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How Preprocess runs.

    Args:
        instance_count: Instances, 1 to 100. Each writes to the same S3 prefixes, so with several the script
            must give its files names of their own, such as one with ``SM_CURRENT_HOST`` of
            ``/opt/ml/config/resourceconfig.json``. Default: ``1``.
        s3_data_distribution_type: ``FullyReplicated`` gives each instance all input data, ``ShardedByS3Key``
            gives each its share of the objects. Default: ``"FullyReplicated"``.
        environment: Variables, up to 100; names and values have up to 256 characters, and values may be CDK
            tokens. Default: none.
        image_uri: Image to run instead of the framework's, with ``python3`` and ``bash``; may be a CDK token,
            which the execution role must be allowed to pull. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``environment`` is not a mapping.
    """

    instance_count: int = 1
    s3_data_distribution_type: DataDistribution = "FullyReplicated"
    environment: Mapping[str, str] = field(default_factory=dict)
    image_uri: str | None = None

    def __post_init__(self) -> None:
        checks.argument_type("preprocessing.environment", self.environment, Mapping)
        checks.raise_problems(
            [
                stage_checks.whole_number(
                    "preprocessing.instance_count",
                    self.instance_count,
                    1,
                    _MOST_INSTANCES,
                    code="InvalidInstanceCount",
                    unit="instances",
                    fix="use larger instances if that is not enough",
                ),
                checks.one_of(
                    "preprocessing.s3_data_distribution_type",
                    self.s3_data_distribution_type,
                    _DISTRIBUTIONS,
                    code="InvalidDataDistribution",
                    fix="use 'ShardedByS3Key' to divide the input's objects between the instances",
                ),
                *_container_problems("preprocessing", self.environment, self.image_uri),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How Evaluate runs.

    Args:
        environment: Variables, up to 100; names and values have up to 256 characters, and values may be CDK
            tokens. Default: none.
        image_uri: Image to run instead of the framework's, with ``python3`` and ``bash``; may be a CDK token,
            which the execution role must be allowed to pull. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``environment`` is not a mapping.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    image_uri: str | None = None

    def __post_init__(self) -> None:
        checks.argument_type("evaluation.environment", self.environment, Mapping)
        checks.raise_problems(_container_problems("evaluation", self.environment, self.image_uri))


def _container_problems(
    stage: str, environment: Mapping[str, str], image_uri: str | None
) -> Iterator[Problem | None]:
    yield from stage_checks.environment(
        f"{stage}.environment",
        environment,
        most=_MOST_VARIABLES,
        name_length=_VARIABLE_LENGTH,
        value_length=_VARIABLE_LENGTH,
    )
    yield stage_checks.image_uri(f"{stage}.image_uri", image_uri)
