"""The SDK's ``PipelineSession`` without AWS: answers from placeholders and captures every upload.

Import this module inside :func:`~cdk_sagemaker_mlops.definition.sdk_environment.sdk_environment` only: it
imports the SDK.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker.core.workflow.pipeline_context import PipelineSession as _SdkPipelineSession

from cdk_sagemaker_mlops.definition import archive, placeholders
from cdk_sagemaker_mlops.definition.code_bundle import CodeBundle
from cdk_sagemaker_mlops.definition.offline_aws import OfflineSession, refuse

# A config that is not empty keeps the SDK from looking for config files.
_SDK_CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


class PipelineSession(_SdkPipelineSession):  # type: ignore[misc]  # the SDK ships no types
    """A session for building pipeline definitions on a machine that has no AWS.

    Args:
        region: Region that the SDK should build for.
        bundle: Receives what the SDK uploads.
    """

    def __init__(self, *, region: str, bundle: CodeBundle) -> None:
        self._bundle = bundle
        boto_session = OfflineSession(region, bundle)
        super().__init__(
            boto_session=boto_session,
            sagemaker_client=boto_session.client("sagemaker"),
            default_bucket=placeholders.BUCKET,
            sagemaker_config=_SDK_CONFIG,
        )

    def default_bucket(self) -> str:
        """Returns the artifact bucket, without asking S3 for it."""
        return placeholders.BUCKET

    def account_id(self) -> str:
        """Returns the account's placeholder, without asking STS."""
        return placeholders.ACCOUNT_ID

    def get_caller_identity_arn(self) -> str:
        """Returns the execution role's placeholder, without asking STS."""
        return placeholders.ROLE_ARN

    def expand_role(self, role: str) -> str:
        """Returns ``role``, which must be an ARN: a role's name could only be looked up in IAM."""
        return role if role.startswith("arn:") else refuse(f"iam.GetRole for role name {role!r}")

    def upload_data(
        self,
        path: str,
        bucket: str | None = None,
        key_prefix: str = "data",
        callback: Any = None,
        extra_args: Any = None,
    ) -> str:
        """Captures a local file or folder; see the SDK's method for the returned URI."""
        target = placeholders.BUCKET if bucket is None else bucket
        return self._bundle.add_path(Path(path), target, key_prefix)

    def upload_source(self, directory: Path) -> str:
        """Captures a folder of code as one ``sourcedir.tar.gz``, the form that script mode reads.

        Returns:
            The S3 URI of the archive.
        """
        key = f"source/{directory.name}/sourcedir.tar.gz"
        self._bundle.add_object(placeholders.BUCKET, key, archive.pack_directory(directory))
        return f"s3://{placeholders.BUCKET}/{key}"
