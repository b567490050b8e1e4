"""The HTML report of a model's evaluation, which is registered with its package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.config.processing import EVALUATION_REPORT
from cdk_sagemaker_mlops.errors import OperationError, Problem

_MISSING = {"NoSuchKey", "NoSuchBucket", "404"}


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """A report.

    Args:
        s3_uri: Where it is.
        content: The HTML file.
    """

    s3_uri: str
    content: bytes


def fetch_report(sagemaker: Any, s3: Any, arn: str) -> EvaluationReport:
    """Reads the report of a model package.

    Args:
        sagemaker: A SageMaker client of the package's region.
        s3: An S3 client.
        arn: The package's ARN.

    Raises:
        OperationError: It was registered without a report, or the report is not there.
    """
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    uri = package.get("CustomerMetadataProperties", {}).get(EVALUATION_REPORT, "")
    place = urlsplit(uri)
    if place.scheme != "s3" or not place.netloc:
        fix = "register it with the standard pipeline, or with that property of your own"
        raise OperationError(
            _problem("NoReport", f"have {EVALUATION_REPORT} in CustomerMetadataProperties", uri, fix), at=arn
        )
    try:
        answer = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        fix = "let the evaluation script write it, or set Evaluation(report_file=None)"
        raise OperationError(_problem("ReportNotFound", "have its report in S3", uri, fix), at=arn) from error
    return EvaluationReport(s3_uri=uri, content=answer["Body"].read())


def _problem(code: str, rule: str, value: object, fix: str) -> Problem:
    return Problem(code=code, parameter="the model package", rule=rule, value=value, fix=fix)
