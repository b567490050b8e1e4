"""What an endpoint keeps of its requests and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_mlops.config import checks, hosting_checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# botocore's sagemaker model: CsvContentType, JsonContentType, and the lists of them.
_CONTENT_TYPE = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*"
_MOST_CONTENT_TYPES = 10


@dataclass(frozen=True, kw_only=True)
class DataCapture:
    """Keeps requests and answers in S3, to look at them later or to find drift.

    It costs S3's storage and requests.

    Args:
        sampling_percentage: Share of the requests in percent, 0 to 100. Default: ``100``.
        destination_s3_uri: Where they are written; may be a CDK token. Default: below
            ``<endpoint name>/data-capture`` in the artifact bucket.
        kms_key_id: Id, ARN or alias of the key they are encrypted with; may be a CDK token. Default: the
            bucket's own encryption.
        capture_input: Keep requests. Default: ``True``.
        capture_output: Keep answers. Default: ``True``.
        csv_content_types: Up to 10 content types to keep as text. Default: none, so that they are kept in
            base64.
        json_content_types: Up to 10 content types to keep as JSON. Default: none, so that they are kept in
            base64.

    Raises:
        ValidationError: A value is out of its range, or nothing is captured.
        TypeError: Content types are not given as a sequence.
    """

    sampling_percentage: int = 100
    destination_s3_uri: str | None = None
    kms_key_id: str | None = None
    capture_input: bool = True
    capture_output: bool = True
    csv_content_types: Sequence[str] = field(default_factory=tuple)
    json_content_types: Sequence[str] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        types = {
            "data_capture.csv_content_types": self.csv_content_types,
            "data_capture.json_content_types": self.json_content_types,
        }
        for parameter, value in types.items():
            checks.argument_type(parameter, value, (list, tuple))
        checks.raise_problems(
            [
                hosting_checks.whole_number(
                    "data_capture.sampling_percentage",
                    self.sampling_percentage,
                    0,
                    100,
                    code="InvalidSamplingPercentage",
                    unit="percent",
                    fix="capture less where there is much traffic",
                ),
                hosting_checks.s3_uri("data_capture.destination_s3_uri", self.destination_s3_uri),
                hosting_checks.kms_key("data_capture.kms_key_id", self.kms_key_id),
                stage_checks.boolean("data_capture.capture_input", self.capture_input),
                stage_checks.boolean("data_capture.capture_output", self.capture_output),
                self._nothing_problem(),
                *(
                    problem
                    for parameter, value in types.items()
                    for problem in _content_type_problems(parameter, value)
                ),
            ]
        )

    def data_capture_config(self, destination_s3_uri: str) -> dict[str, Any]:
        """Returns the ``DataCaptureConfig`` of a CreateEndpointConfig request.

        Args:
            destination_s3_uri: Where to write if this does not say it.
        """
        modes = (("Input", self.capture_input), ("Output", self.capture_output))
        config: dict[str, Any] = {
            "EnableCapture": True,
            "InitialSamplingPercentage": self.sampling_percentage,
            "DestinationS3Uri": (
                destination_s3_uri if self.destination_s3_uri is None else self.destination_s3_uri
            ),
            "CaptureOptions": [{"CaptureMode": mode} for mode, wanted in modes if wanted],
        }
        if self.kms_key_id is not None:
            config["KmsKeyId"] = self.kms_key_id
        headers = {"CsvContentTypes": self.csv_content_types, "JsonContentTypes": self.json_content_types}
        if any(headers.values()):
            config["CaptureContentTypeHeader"] = {key: list(value) for key, value in headers.items() if value}
        return config

    def _nothing_problem(self) -> Problem | None:
        if self.capture_input or self.capture_output:
            return None
        return Problem(
            code="NothingToCapture",
            parameter="data_capture",
            rule="capture input, output or both",
            value=self,
            fix="leave data_capture out to capture nothing",
        )


def _content_type_problems(parameter: str, values: Sequence[str]) -> list[Problem | None]:
    too_many = (
        Problem(
            code="TooManyContentTypes",
            parameter=parameter,
            rule=f"have at most {_MOST_CONTENT_TYPES} content types",
            value=len(values),
            fix="leave some out",
        )
        if len(values) > _MOST_CONTENT_TYPES
        else None
    )
    return [
        too_many,
        *(
            checks.matches(
                f"{parameter}[{index}]",
                value,
                _CONTENT_TYPE,
                code="InvalidContentType",
                rule="be a content type",
                fix="use one such as 'text/csv', without parameters",
            )
            for index, value in enumerate(values)
        ),
    ]
