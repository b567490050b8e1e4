"""Puts the engine together: the control plane, and ministack with SageMaker in it."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_mlops.local.engine import handler
from cdk_sagemaker_mlops.local.engine.cloudformation import register_types
from cdk_sagemaker_mlops.local.engine.context import Services
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane, on_a_thread
from cdk_sagemaker_mlops.local.engine.events import Event
from cdk_sagemaker_mlops.local.engine.executions import Executions
from cdk_sagemaker_mlops.local.engine.fleets import Fleets
from cdk_sagemaker_mlops.local.engine.ministack_scope import current_scope
from cdk_sagemaker_mlops.local.engine.options import Options
from cdk_sagemaker_mlops.local.engine.repairs import apply_repairs
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.seams import check_seams
from cdk_sagemaker_mlops.local.engine.storage import StoragePool
from cdk_sagemaker_mlops.local.engine.store import Store

# Seconds that running jobs get to end when the engine does.
_JOBS_END_SECONDS = 2.0


class Engine:
    """Everything the process serves; ministack must not be imported before the environment is set.

    Args:
        options: What the engine was started with.
        endpoint_url: Its address.

    Raises:
        LocalRunError: The installed ministack is not one the engine works with.
    """

    def __init__(self, options: Options, endpoint_url: str) -> None:
        from cdk_sagemaker_mlops.local.execution import PipelineRun
        from cdk_sagemaker_mlops.local.hosting import ModelServer

        check_seams()
        storage = StoragePool(endpoint_url)
        # Jobs may call AWS themselves, and reach the engine as everything else does.
        run = functools.partial(PipelineRun, job_environment={"AWS_ENDPOINT_URL": endpoint_url})
        self.executions = Executions(options.data_dir / "executions", run)
        self.fleets = Fleets(options.data_dir / "endpoints", storage, ModelServer)
        plane = ControlPlane(
            Services(
                store=Store(),
                emit=_emit,
                storage_for=storage,
                fleets=self.fleets,
                executions=self.executions,
                background=on_a_thread,
            )
        )
        _add_service(plane)
        register_types(plane, storage)
        apply_repairs(options.lambda_python)

    def close(self) -> None:
        """Ends every process the engine started: jobs, model servers, functions."""
        from ministack.core import lambda_runtime

        self.executions.close(_JOBS_END_SECONDS)
        self.fleets.close()
        lambda_runtime.reset()


def _emit(scope: Scope, event: Event) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    entry = {
        "Source": "aws.sagemaker",
        "DetailType": event.detail_type,
        "Resources": list(event.resources),
        "Detail": json.dumps(event.detail),
    }
    with request_scope(scope.account, scope.region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _add_service(plane: ControlPlane) -> None:
    from ministack import app
    from ministack.core import router
    from ministack.services import stepfunctions

    async def handle(
        _method: str, path: str, headers: Mapping[str, str], body: bytes, _query: Any
    ) -> handler.Response:
        # On a thread, because operations wait; with the caller's scope, because ministack keeps it by task.
        return await asyncio.to_thread(handler.answer, plane, current_scope(), path, headers, body)

    app.SERVICE_HANDLERS["sagemaker"] = handle
    # Without an entry the router reads every model of botocore, 400 MB, to learn that there is such a
    # service.
    router.SERVICE_PATTERNS["sagemaker"] = {
        "target_prefixes": ["SageMaker."],
        "credential_scope": "sagemaker",
    }
    stepfunctions._AWS_SDK_SERVICE_MAP["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX["sagemaker"] = "SageMaker"
