"""Gets a pipeline's code, and its local input data, into the artifact bucket."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from cdk_sagemaker_mlops.constructs.definition_location import MarkedDocument
from cdk_sagemaker_mlops.constructs.handler_function import temporary_log_group
from cdk_sagemaker_mlops.constructs.input_data import InputData
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.definition.archive import is_left_out

_MEMORY_MIB = 512
_STORAGE_GIB = 2
_FUNCTION_REASONS = {
    "AwsSolutions-IAM4": "CDK's bucket deployment gives its function Lambda's basic execution policy",
    "AwsSolutions-IAM5": "CDK's bucket deployment writes to the artifact bucket and reads CDK's assets",
    "AwsSolutions-L1": "CDK's bucket deployment chooses the runtime of its function",
}


class CodeDelivery(Construct):
    """Deploys objects with content-addressed keys.

    Nothing is pruned or deleted: an execution that started before the deployment still finds its code, and a
    roll back of the stack finds the code it returns to. One Lambda function a stack does the copying; it
    costs nothing when idle.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        bucket: Where to deploy to.
        code: Objects to deploy: key to content.
        input_data: Local data to deploy beside it, if it has any.
        document: Document with values that are known only at deployment. Default: none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: s3.IBucket,
        code: Mapping[str, bytes],
        input_data: InputData,
        document: MarkedDocument | None = None,
    ) -> None:
        super().__init__(scope, id)
        with tempfile.TemporaryDirectory() as scratch:
            sources = [*_sources(Path(scratch), code, input_data, document)]
            if not sources:
                return
            deployment = s3_deployment.BucketDeployment(
                self,
                "Resource",
                sources=sources,
                destination_bucket=bucket,
                prune=False,
                retain_on_delete=True,
                memory_limit=_MEMORY_MIB,
                ephemeral_storage_size=Size.gibibytes(_STORAGE_GIB),
                log_group=_shared_log_group(self),
            )
        function = deployment.handler_role.node.scope
        if function is not None:
            accept_findings(function, _FUNCTION_REASONS)


@jsii.implements(s3_deployment.ISource)
class _DocumentSource:
    """A document whose markers CDK's bucket deployment replaces.

    CDK's own ``Source.data`` writes one marker, and one reference into the template, for each occurrence of a
    token: of a large definition these alone would be too much.
    """

    def __init__(self, document: MarkedDocument, folder: Path) -> None:
        self._document = document
        objects = _code_folder({document.key: document.text.encode()}, folder)
        self._asset = _asset(objects, hashed=document.key)

    @jsii.member(jsii_name="bind")
    def bind(self, scope: Construct, *, handler_role: iam.IRole) -> s3_deployment.SourceConfig:
        """Defines the asset, and says which values belong into it."""
        asset = self._asset.bind(scope, handler_role=handler_role)
        return s3_deployment.SourceConfig(
            bucket=asset.bucket, zip_object_key=asset.zip_object_key, markers=dict(self._document.markers)
        )


def _sources(
    scratch: Path, code: Mapping[str, bytes], input_data: InputData, document: MarkedDocument | None
) -> Iterator[s3_deployment.ISource]:
    # The keys hold the content's hash, so they identify each folder on any machine.
    if code:
        yield _asset(_code_folder(code, scratch / "code"), hashed="\n".join(code))
    for path, key_prefix in input_data.to_deploy:
        yield _asset(_data_folder(path, key_prefix, scratch / "data"), hashed=key_prefix)
    if document is not None:
        yield _DocumentSource(document, scratch / "document")


def _asset(folder: Path, *, hashed: str) -> s3_deployment.ISource:
    return s3_deployment.Source.asset(
        str(folder),
        asset_hash=hashlib.sha256(hashed.encode()).hexdigest(),
        asset_hash_type=AssetHashType.CUSTOM,
    )


def _code_folder(code: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for key, content in code.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _data_folder(source: Path, key_prefix: str, folder: Path) -> Path:
    target = folder / key_prefix
    if source.is_dir():
        shutil.copytree(source, target, ignore=lambda _, names: {name for name in names if is_left_out(name)})
    else:
        target.mkdir(parents=True)
        shutil.copy(source, target)
    return folder


def _shared_log_group(scope: Construct) -> logs.ILogGroup:
    """One log group for the one function of the stack; without it, logs would never expire."""
    stack, child = Stack.of(scope), "CodeDeliveryLogs"
    existing = stack.node.try_find_child(child)
    return existing if isinstance(existing, logs.LogGroup) else temporary_log_group(stack, child)
