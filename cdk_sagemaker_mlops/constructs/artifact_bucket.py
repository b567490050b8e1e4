"""The bucket that holds a pipeline's code, data and models."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.standard_pipeline import INTERMEDIATE_PREFIX
from cdk_sagemaker_mlops.constructs.nag import accept_findings

_INTERMEDIATE_DAYS = 90


class ArtifactBucket(s3.Bucket):
    """Defines a private, encrypted bucket for a pipeline's artifacts.

    It costs what is stored in it. Models, evaluations and code are kept; what only the steps of one execution
    needed (below ``<pipeline>/intermediate/``) expires after 90 days, well after the step cache that refers
    to it.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        pipeline_name: Name of the pipeline, which is the prefix of what its executions write.
        removal_policy: What happens to the bucket, and all in it, when the stack is destroyed.
            Default: ``RemovalPolicy.RETAIN``.
        encryption_key: Key that it is encrypted with. Default: S3's own.

    Raises:
        TypeError: ``removal_policy`` is not a ``RemovalPolicy``.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline_name: str,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        checks.argument_type("removal_policy", removal_policy, RemovalPolicy)
        super().__init__(
            scope,
            id,
            encryption=(
                s3.BucketEncryption.S3_MANAGED if encryption_key is None else s3.BucketEncryption.KMS
            ),
            encryption_key=encryption_key,
            # One request to KMS for many objects.
            bucket_key_enabled=None if encryption_key is None else True,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal_policy,
            auto_delete_objects=removal_policy == RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="ExpireIntermediate",
                    prefix=f"{pipeline_name}/{INTERMEDIATE_PREFIX}/",
                    expiration=Duration.days(_INTERMEDIATE_DAYS),
                ),
                s3.LifecycleRule(
                    id="AbortIncompleteUploads", abort_incomplete_multipart_upload_after=Duration.days(7)
                ),
            ],
        )
        accept_findings(
            self,
            {"AwsSolutions-S1": "Access logs cost money when idle; turn them on in a bucket that you bring"},
        )
