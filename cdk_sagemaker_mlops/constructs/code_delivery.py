"""Gets a pipeline's code, and its local input data, into the artifact bucket."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import AssetHashType, Size, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

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
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: s3.IBucket,
        code: Mapping[str, bytes],
        input_data: InputData,
    ) -> None:
        super().__init__(scope, id)
        if not code and not input_data.to_deploy:
            return
        with tempfile.TemporaryDirectory() as scratch:
            # The keys hold the content's hash, so they identify each folder on any machine.
            sources = [
                _asset(_code_folder(code, Path(scratch, "code")), hashed="\n".join(code)),
                *(
                    _asset(_data_folder(path, key_prefix, Path(scratch, "data")), hashed=key_prefix)
                    for path, key_prefix in input_data.to_deploy
                ),
            ]
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
