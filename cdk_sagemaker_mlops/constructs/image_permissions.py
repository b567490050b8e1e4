"""What jobs need to pull the images that steps name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aws_cdk import Fn
from aws_cdk import aws_iam as iam

from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.definition_body import ImageAccounts
from cdk_sagemaker_mlops.definition import placeholders

_IMAGE_URI = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+/([\w./-]+?)(?=[:@\"])")
_IMAGE_MEMBERS = frozenset({"Image", "ImageUri", "TrainingImage"})


def image_statements(
    defined: DefinedSteps, document: str, images: ImageAccounts
) -> Iterator[iam.PolicyStatement]:
    """Yields the pulling of the images in ``document``, and of those known only at deployment."""
    stack = defined.stack
    repositories = [
        stack.format_arn(
            service="ecr",
            account=images.resolve(account),
            region=stack.region if region == placeholders.REGION else region,
            resource="repository",
            resource_name=repository,
        )
        for account, region, repository in sorted(set(_IMAGE_URI.findall(document)))
    ]
    tokens = {
        value
        for path, value in defined.texts_in_steps()
        if path[-1] in _IMAGE_MEMBERS and placeholders.is_custom(value)
    }
    for uri in defined.texts(tokens):
        repositories += _repositories(stack.partition, uri)
    if not repositories:
        return
    yield iam.PolicyStatement(
        actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        resources=repositories,
    )
    # A token is for the whole registry, so there is no resource to name.
    yield iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])


def _repositories(partition: str, uri: str) -> list[str]:
    """Returns the repository of an image URI that CloudFormation takes apart at deployment.

    It is "<account>.dkr.ecr.<region>.<suffix>/<repository>:<tag>". A repository's name may have slashes, how
    many is not known here: all below its first part it is then. What is appended keeps ``Fn::Select`` within
    the list for an image that is no such URI, in a registry of a VPC.
    """
    account = Fn.select(0, Fn.split(".", uri))
    region = Fn.select(3, Fn.split(".", f"{uri}...."))
    name = Fn.select(1, Fn.split("/", f"{uri}/"))
    untagged = Fn.select(0, Fn.split("@", Fn.select(0, Fn.split(":", name))))
    arn = f"arn:{partition}:ecr:{region}:{account}:repository/{untagged}"
    return [arn, f"{arn}/*"]
