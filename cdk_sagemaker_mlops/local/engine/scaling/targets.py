"""The scalable targets: which there are, and what each is called."""

from __future__ import annotations

import re
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.store import Record, Store

KIND = "scalable-target"
POLICY = "scaling-policy"
SCHEDULED_ACTION = "scheduled-action"
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"


def target_key(params: dict[str, Any]) -> str:
    """What tells a target from the others, as a key of its table."""
    return "|".join((params["ServiceNamespace"], params["ResourceId"], params["ScalableDimension"]))


def registered_target(store: Store, scope: Scope, params: dict[str, Any]) -> Record:
    """The target that a request names.

    Raises:
        ApiError: It is not registered.
    """
    record = store.table(scope, KIND).get(target_key(params))
    if record is None:
        raise ApiError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {params['ServiceNamespace']}, "
            f"resource ID: {params['ResourceId']}, scalable dimension: {params['ScalableDimension']}",
        )
    return record


def check_resource(store: Store, scope: Scope, params: dict[str, Any]) -> None:
    """Checks that what is registered is a variant of an endpoint that has the dimension.

    Raises:
        ApiError: It is not.
    """
    if params["ServiceNamespace"] != "sagemaker":
        raise invalid(f"Service namespace {params['ServiceNamespace']} is not emulated; sagemaker is.")
    found = _RESOURCE.fullmatch(params["ResourceId"])
    variants = {} if found is None else _variants(store, scope, found[1])
    variant = None if found is None else variants.get(found[2])
    if variant is None:
        raise invalid(f"Could not find the resource {params['ResourceId']}: no such endpoint or variant.")
    dimension = _CONCURRENCY if "CurrentServerlessConfig" in variant else _INSTANCES
    if params["ScalableDimension"] != dimension:
        raise invalid(f"{params['ResourceId']} scales by {dimension}, not by {params['ScalableDimension']}.")


def _variants(store: Store, scope: Scope, endpoint_name: str) -> dict[str, dict[str, Any]]:
    endpoint = store.table(scope, "endpoint").get(endpoint_name, {})
    return {variant["VariantName"]: variant for variant in endpoint.get("ProductionVariants", [])}


def registered_variants(store: Store, scope: Scope, endpoint_name: str) -> set[str]:
    """Names of an endpoint's variants whose instances are registered."""
    matches = (
        _RESOURCE.fullmatch(record["ResourceId"])
        for record in store.table(scope, KIND).values()
        if record["ScalableDimension"] == _INSTANCES
    )
    return {found[2] for found in matches if found is not None and found[1] == endpoint_name}


def forget_endpoint(store: Store, scope: Scope, endpoint_name: str) -> None:
    """Deregisters everything of an endpoint that is gone."""
    for kind in (KIND, POLICY, SCHEDULED_ACTION):
        table = store.table(scope, kind)
        for key, record in list(table.items()):
            if record["ResourceId"].startswith(f"endpoint/{endpoint_name}/"):
                del table[key]
