"""How the built-in pipeline's processing jobs run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

EVALUATION_FILE = "evaluation.json"
"""What Evaluate writes its metrics to."""
EVALUATION_REPORT = "EvaluationReport"
"""Under which ``CustomerMetadataProperties`` of a model package name its HTML report."""
MODEL_PACKAGE_GROUP_NAME = "MODEL_PACKAGE_GROUP_NAME"
"""Environment variable of a processing job that may read this group's versions."""

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
    """How Evaluate runs, and what it writes.

    It gets the name of the model package group as ``MODEL_PACKAGE_GROUP_NAME``, and may read the group's
    versions to compare with them; with network isolation it does not.

    Args:
        report_file: HTML report that the script writes beside its metrics; its S3 URI is registered with the
            model package as ``EvaluationReport``. At most 64 letters, digits and ``.``, ``_``, ``-``.
            ``None`` if the script writes none. Default: ``"report.html"``.
        environment: Variables, up to 99 besides the one above; names and values have up to 256 characters,
            and values may be CDK tokens. Default: none.
        image_uri: Image to run instead of the framework's, with ``python3`` and ``bash``; may be a CDK token,
            which the execution role must be allowed to pull. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``environment`` is not a mapping.
    """

    report_file: str | None = "report.html"
    environment: Mapping[str, str] = field(default_factory=dict)
    image_uri: str | None = None

    def __post_init__(self) -> None:
        checks.argument_type("evaluation.environment", self.environment, Mapping)
        checks.raise_problems(
            [
                checks.matches(
                    "evaluation.report_file",
                    self.report_file,
                    # What CustomerMetadataValue allows; the whole URI must stay within its 256 characters.
                    r"[A-Za-z0-9._-]{1,64}",
                    code="InvalidReportFile",
                    rule="be 1 to 64 letters, digits, '.', '_' and '-'",
                    fix="name a file of the evaluation's output folder, or None if there is none",
                ),
                *_container_problems(
                    "evaluation", self.environment, self.image_uri, most=_MOST_VARIABLES - 1
                ),
            ]
        )


def _container_problems(
    stage: str, environment: Mapping[str, str], image_uri: str | None, *, most: int = _MOST_VARIABLES
) -> Iterator[Problem | None]:
    yield from stage_checks.environment(
        f"{stage}.environment",
        environment,
        most=most,
        name_length=_VARIABLE_LENGTH,
        value_length=_VARIABLE_LENGTH,
    )
    yield stage_checks.image_uri(f"{stage}.image_uri", image_uri)
