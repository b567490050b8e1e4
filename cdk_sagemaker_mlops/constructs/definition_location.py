"""Where a pipeline's definition is: in the template, or in S3 if it is large."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Annotations, Stack
from constructs import Construct

from cdk_sagemaker_mlops.constructs.definition_body import DefinitionBody
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

LARGEST_BODY = 64 * 1024
"""Characters of a definition, as a template writes them, that stay in the template.

A template may have 1 MB:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html. Nine pipelines of
this size fit, with about 40 KB for the rest of each (a standard pipeline's own body has 10 KB). What decides
is a pipeline's own size, never its neighbours: adding one moves no other.
"""
_PREFIX = "definitions"


@dataclass(frozen=True, kw_only=True)
class MarkedDocument:
    """A document to deploy, with markers that the deployment replaces by values.

    Attributes:
        key: Key in the artifact bucket, which changes with the text and the values.
        text: The document.
        markers: Marker to the value, a CDK token.
    """

    key: str
    text: str
    markers: Mapping[str, str]


def is_large(definition: PipelineDefinition) -> bool:
    """Tells whether the definition would endanger the template's limit; JSON in JSON has quotes escaped."""
    return len(json.dumps(definition.document)) > LARGEST_BODY


def marked_document(scope: Construct, body: DefinitionBody) -> MarkedDocument:
    """Makes a document of a definition that is too large for the template, and says so.

    Raises:
        DefinitionError: A placeholder is left over, because the SDK altered it.
    """
    text, markers = body.with_markers()
    Annotations.of(scope).add_info(
        f"The pipeline definition has {len(text)} characters; it is deployed to the artifact bucket, so that "
        "the template stays below CloudFormation's limit of 1 MB."
    )
    # What the tokens refer to, not what they are called: that differs from process to process.
    identity = json.dumps([text, Stack.of(scope).resolve(dict(markers))], sort_keys=True)
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return MarkedDocument(key=f"{_PREFIX}/{digest}.json", text=text, markers=markers)
