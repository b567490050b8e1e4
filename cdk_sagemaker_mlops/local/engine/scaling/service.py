"""Application Auto Scaling's HTTP interface."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.authorization.check import Permit
from cdk_sagemaker_mlops.local.engine.authorization.scaling_checks import own_checks, validated_checks
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response
from cdk_sagemaker_mlops.local.engine.json_protocol import answer_json
from cdk_sagemaker_mlops.local.engine.scaling.operations import OPERATIONS
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.store import Store

_SERVICE = "application-autoscaling"


# Makes the role that scales endpoints unless it exists, if the caller may.
EnsureRole = Callable[[Scope, Permit], None]


def answer(store: Store, ensure_role: EnsureRole, request: Request) -> Response:
    """Answers one request.

    Args:
        store: Where the records are, those of the endpoints among them.
        ensure_role: Makes the service-linked role.
        request: The request.
    """

    def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        request.permit(own_checks(operation, _target_arn(store, request.scope, params), params))
        if operation == "RegisterScalableTarget":
            ensure_role(request.scope, request.permit)
        return make_call(store, request.scope, operation, params, request.permit)

    return answer_json(request, call)


def make_call(
    store: Store, scope: Scope, operation: str, params: dict[str, Any], permit: Permit
) -> dict[str, Any]:
    """Makes one call.

    Args:
        store: Where the records are.
        scope: Account and region of the caller.
        operation: Name of the operation.
        params: Its parameters, as boto3 takes them.
        permit: What the caller may do in the services that the call is about.

    Raises:
        ApiError: Application Auto Scaling would refuse, or the operation is not emulated.
    """
    if operation not in OPERATIONS:
        raise ApiError("UnknownOperationException", f"{operation} is not emulated")
    shapes.check_request(operation, params, _SERVICE)
    _validate_permissions(scope, operation, params, permit, _config_name(store, scope, params))
    with store.lock:
        record = OPERATIONS[operation](store, scope, copy.deepcopy(params))
        return shapes.answer(operation, record, _SERVICE)


def _config_name(store: Store, scope: Scope, params: dict[str, Any]) -> str | None:
    _, _, rest = str(params.get("ResourceId", "")).partition("/")
    with store.lock:
        name: str | None = (
            store.table(scope, "endpoint").get(rest.partition("/")[0], {}).get("EndpointConfigName")
        )
    return name


def _validate_permissions(
    scope: Scope, operation: str, params: dict[str, Any], permit: Permit, config_name: str | None
) -> None:
    """Asks what the service asks in the caller's name before it takes a configuration.

    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
    """
    try:
        permit(validated_checks(scope, operation, params, config_name))
    except ApiError as error:
        raise ApiError("ValidationException", f"Missing permissions: {error.message}") from error


def _target_arn(store: Store, scope: Scope, params: dict[str, Any]) -> str:
    named = [str(params.get(name)) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")]
    with store.lock:
        record = store.table(scope, "scalable-target").get("|".join(named), {})
    new = f"arn:aws:application-autoscaling:{scope.region}:{scope.account}:scalable-target/*"
    return str(record.get("ScalableTargetARN", new))
