"""SageMaker's two HTTP interfaces: the JSON control plane, and the runtime."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine import runtime
from cdk_sagemaker_mlops.local.engine.authorization.sagemaker_checks import sagemaker_checks
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response
from cdk_sagemaker_mlops.local.engine.json_protocol import answer_json


def answer(plane: ControlPlane, request: Request) -> Response:
    """Answers one request to SageMaker or the SageMaker runtime; both sign as ``sagemaker``.

    Args:
        plane: The control plane.
        request: The request.
    """
    if request.path.startswith("/endpoints/"):
        return runtime.answer(plane.services, request)

    def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        request.permit(sagemaker_checks(request.scope, operation, params))
        return plane.call(request.scope, operation, params)

    return answer_json(request, call)
