"""The keys that the pipeline's jobs encrypt with."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """KMS keys of every processing, training, tuning and transform job.

    The execution role must be allowed to use them: ``key.grant_encrypt_decrypt(pipeline.execution_role)``.

    Args:
        volume_kms_key_id: Id or ARN of the key for the instances' storage; may be a CDK token. Instances with
            local NVMe disks refuse one. Default: none, so that SageMaker's own key is used.
        output_kms_key_id: Id or ARN of the key for what the jobs write to S3; may be a CDK token.
            Default: none, so that the bucket's own encryption applies.

    Raises:
        ValidationError: A key has a wrong shape.
    """

    volume_kms_key_id: str | None = None
    output_kms_key_id: str | None = None

    def __post_init__(self) -> None:
        checks.raise_problems(
            [
                _key("encryption.volume_kms_key_id", self.volume_kms_key_id),
                _key("encryption.output_kms_key_id", self.output_kms_key_id),
            ]
        )


def _key(parameter: str, value: str | None) -> Problem | None:
    # botocore's sagemaker model: KmsKeyId.
    return checks.matches(
        parameter,
        value,
        r"[a-zA-Z0-9:/_-]{0,2048}",
        code="InvalidKmsKey",
        rule="be the id, ARN or alias of a KMS key",
        fix="pass key.key_arn",
    )
