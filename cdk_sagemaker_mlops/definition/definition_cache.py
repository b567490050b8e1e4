"""Finished definitions, kept so that an unchanged app does not import the SDK.

A wrong hit is impossible by construction:

* An entry is found under the whole text of what decides its definition, which is compared in full, not by its
  hash alone: every field of the config in the order that the builder sees it, every byte of every file that
  the config or the decorator names, names, region and input URI, the environment variables that the SDK
  reads, the sources of this library themselves, and the versions of the SDK, of botocore and of Python.
* The text is written by rules for types, not by a list of fields: a new field is in it by itself. A value
  that the rules do not know, a subclass of a config, or a function that is not marked, is not cached at all.
* The files are read again after the build: a definition whose files changed meanwhile is not kept.
* CDK's tokens have no place in an entry. It says which argument each placeholder stands for, and the caller's
  own token is put there; a definition with any other token is not kept.
* An entry carries the hash of its content, and is data, never code.

Only definitions that were built, and so were checked, are kept.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.cache_key import CacheKey, NotCacheableError, cache_key
from cdk_sagemaker_mlops.definition.cache_store import CacheStore, store_folder
from cdk_sagemaker_mlops.definition.pipeline_definition import (
    PipelineDefinition,
    PipelineFunction,
    build_definition,
)


def cached_definition(
    pipeline: StandardPipeline | PipelineFunction,
    *,
    pipeline_name: str,
    model_package_group_name: str,
    region: str | None,
    input_data_uri: str | None,
) -> PipelineDefinition:
    """Returns what :func:`build_definition` would, from the cache if it is there.

    Args:
        pipeline: The built-in pipeline's options, or a function that builds the SDK's pipeline.
        pipeline_name: Name of the pipeline.
        model_package_group_name: Name of the group that models are registered in; may be a CDK token.
        region: Region to build for, or ``None`` if it is known only at deployment.
        input_data_uri: Default of the ``InputDataUri`` parameter; may be a CDK token. ``None``: it has none.

    Raises:
        DefinitionError: The pipeline cannot be built without AWS, or is not valid.
    """
    request: dict[str, Any] = {
        "pipeline_name": pipeline_name,
        "model_package_group_name": model_package_group_name,
        "region": region,
        "input_data_uri": input_data_uri,
    }
    folder = store_folder(os.environ)
    key = None if folder is None else _key(pipeline, request)
    if folder is None or key is None:
        return build_definition(pipeline, **request)
    store = CacheStore(folder)
    kept = store.read(key.text)
    if kept is not None:
        return _from_text(kept, key)
    definition = build_definition(pipeline, **request)
    text = _to_text(definition, key)
    if text is not None and _key(pipeline, request) == key:
        store.write(key.text, text)
    return definition


def _key(pipeline: object, request: dict[str, Any]) -> CacheKey | None:
    try:
        return cache_key(pipeline, request)
    except (NotCacheableError, OSError):
        return None


def _to_text(definition: PipelineDefinition, key: CacheKey) -> str | None:
    if any(token not in key.tokens for token in definition.tokens.values()):
        return None
    return json.dumps(
        {
            "document": definition.document,
            "code": {name: base64.b64encode(body).decode() for name, body in definition.code.items()},
            "image_tables": {account: dict(table) for account, table in definition.image_tables.items()},
            "tokens": {
                placeholder: key.tokens.index(str(token)) for placeholder, token in definition.tokens.items()
            },
        }
    )


def _from_text(text: str, key: CacheKey) -> PipelineDefinition:
    kept = json.loads(text)
    return PipelineDefinition(
        document=kept["document"],
        code={name: base64.b64decode(body) for name, body in kept["code"].items()},
        image_tables=kept["image_tables"],
        tokens={placeholder: key.tokens[index] for placeholder, index in kept["tokens"].items()},
    )
