"""The batch of predictions that may follow the registration of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdk_sagemaker_mlops.config import checks, stage_checks

SplitType = Literal["None", "Line", "RecordIO", "TFRecord"]
# botocore's sagemaker model: SplitType, AssemblyType, ContentType, S3Uri, TransformInstanceCount and the
# TransformEnvironment* shapes.
_SPLIT_TYPES = ("None", "Line", "RecordIO", "TFRecord")
_ASSEMBLY_TYPES = ("None", "Line")
_LONGEST_CONTENT_TYPE = 256
_MOST_VARIABLES, _NAME_LENGTH, _VALUE_LENGTH = 16, 1024, 10240


@dataclass(frozen=True, kw_only=True)
class BatchTransform:
    """Predicts for a batch of data with each model that passes the quality gate.

    CreateModel and Transform follow RegisterModel. The predictions are written below ``transform/`` and the
    execution's id in the artifact bucket, an object for each input object with ``.out`` at its end.

    Args:
        input_data_uri: ``s3://`` URI of the data, or a CDK token; the default of the pipeline parameter
            ``TransformInputUri``. The execution role must be allowed to read it.
        instance_type: Instance type. Default: ``"ml.m5.large"``.
        instance_count: Instances that share the input's objects, at least 1. Default: ``1``.
        content_type: MIME type of the data, up to 256 characters. Default: ``"text/csv"``.
        accept: MIME type of the predictions, up to 256 characters. Default: the inference code chooses.
        split_type: How an object is divided into records: ``None``, ``Line``, ``RecordIO`` or ``TFRecord``.
            Default: ``"Line"``.
        assemble_with: How predictions are put together: ``None`` or ``Line``. Default: ``"Line"``.
        environment: Variables, up to 16; names have up to 1024 characters and values up to 10240, and values
            may be CDK tokens. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``environment`` is not a mapping.
    """

    input_data_uri: str
    instance_type: str = "ml.m5.large"
    instance_count: int = 1
    content_type: str = "text/csv"
    accept: str | None = None
    split_type: SplitType = "Line"
    assemble_with: Literal["None", "Line"] = "Line"
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.argument_type("batch_transform.input_data_uri", self.input_data_uri, str)
        checks.argument_type("batch_transform.environment", self.environment, Mapping)
        checks.raise_problems(
            [
                checks.matches(
                    "batch_transform.input_data_uri",
                    self.input_data_uri,
                    r"s3://[^/]+/?.{0,1000}",
                    code="InvalidS3Uri",
                    rule="be an s3:// URI",
                    fix="use a URI such as 's3://bucket/prefix'",
                ),
                checks.instance_type("batch_transform.instance_type", self.instance_type),
                stage_checks.whole_number(
                    "batch_transform.instance_count",
                    self.instance_count,
                    1,
                    None,
                    code="InvalidInstanceCount",
                    unit="instances",
                    fix="use more than 1 if the data has several objects",
                ),
                *(
                    stage_checks.text(
                        f"batch_transform.{parameter}",
                        value,
                        _LONGEST_CONTENT_TYPE,
                        code="InvalidContentType",
                        fix="use a MIME type such as 'text/csv'",
                    )
                    for parameter, value in (("content_type", self.content_type), ("accept", self.accept))
                ),
                checks.one_of(
                    "batch_transform.split_type",
                    self.split_type,
                    _SPLIT_TYPES,
                    code="InvalidSplitType",
                    fix="use 'Line' for CSV and JSON lines",
                ),
                checks.one_of(
                    "batch_transform.assemble_with",
                    self.assemble_with,
                    _ASSEMBLY_TYPES,
                    code="InvalidAssemblyType",
                    fix="use 'Line' to put each record's prediction on a line",
                ),
                *stage_checks.environment(
                    "batch_transform.environment",
                    self.environment,
                    most=_MOST_VARIABLES,
                    name_length=_NAME_LENGTH,
                    value_length=_VALUE_LENGTH,
                ),
            ]
        )
