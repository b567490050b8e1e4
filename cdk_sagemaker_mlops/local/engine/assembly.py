"""Puts the engine together: the control plane, and ministack with SageMaker in it."""

from __future__ import annotations

import asyncio
import functools
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cdk_sagemaker_mlops.local.engine import handler
from cdk_sagemaker_mlops.local.engine.authorization.check import Permit, everything
from cdk_sagemaker_mlops.local.engine.authorization.policies import caller_permit
from cdk_sagemaker_mlops.local.engine.cloudformation import register_types
from cdk_sagemaker_mlops.local.engine.context import Services
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane, on_a_thread
from cdk_sagemaker_mlops.local.engine.events import Event
from cdk_sagemaker_mlops.local.engine.executions import Executions
from cdk_sagemaker_mlops.local.engine.fleets import Fleets
from cdk_sagemaker_mlops.local.engine.http_request import Request, Response
from cdk_sagemaker_mlops.local.engine.job_logs import JobLogs, write_to_ministack
from cdk_sagemaker_mlops.local.engine.ministack_scope import current_scope
from cdk_sagemaker_mlops.local.engine.options import Options
from cdk_sagemaker_mlops.local.engine.repairs import apply_repairs
from cdk_sagemaker_mlops.local.engine.rollouts.watch import ScaledWatch
from cdk_sagemaker_mlops.local.engine.scaling import service as scaling
from cdk_sagemaker_mlops.local.engine.scaling.service_role import ensure_role
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.seams import check_seams
from cdk_sagemaker_mlops.local.engine.storage import StoragePool
from cdk_sagemaker_mlops.local.engine.store import Store

# What the caller of a request may do, by its scope and headers.
PermitFor = Callable[[Scope, Mapping[str, str]], Permit]

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
        from cdk_sagemaker_mlops.local.execution import PipelineRun, StepCache
        from cdk_sagemaker_mlops.local.hosting import ModelServer

        check_seams()
        storage = StoragePool(endpoint_url)
        # Jobs may call AWS themselves, and reach the engine as everything else does.
        run = functools.partial(
            PipelineRun, job_environment={"AWS_ENDPOINT_URL": endpoint_url}, cache=StepCache()
        )
        self.executions = Executions(options.data_dir / "executions", run, JobLogs(write_to_ministack))
        self.fleets = Fleets(options.data_dir / "endpoints", storage, ModelServer)
        plane = ControlPlane(
            Services(
                store=Store(),
                emit=_emit,
                storage_for=storage,
                fleets=self.fleets,
                executions=self.executions,
                background=on_a_thread,
                alarm_state=_alarm_state,
                publish=_publish,
                watch=ScaledWatch(options.time_scale),
            )
        )
        _add_services(plane, caller_permit if options.iam else _everything_for)
        register_types(plane, storage)
        apply_repairs(options.lambda_python, iam=options.iam)

    def close(self) -> None:
        """Ends every process the engine started: jobs, model servers, functions."""
        from ministack.core import lambda_runtime

        self.executions.close(_JOBS_END_SECONDS)
        self.fleets.close()
        lambda_runtime.reset()


def _alarm_state(scope: Scope, name: str) -> str | None:
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch

    with request_scope(scope.account, scope.region):
        alarm = cloudwatch._alarms.get(name)
        if alarm is not None:
            cloudwatch._evaluate_alarm(alarm)
        found = cloudwatch._composite_alarms.get(name) if alarm is None else alarm
        return None if found is None else str(found["StateValue"])


def _publish(scope: Scope, topic_arn: str, text: str) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import sns

    with request_scope(scope.account, scope.region):
        sns._fanout(topic_arn, str(uuid.uuid4()), text, "")


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


def _everything_for(_scope: Scope, _headers: Mapping[str, str]) -> Permit:
    return everything


def _add_services(plane: ControlPlane, permit_for: PermitFor) -> None:
    from ministack import app
    from ministack.core import router
    from ministack.services import stepfunctions

    app.SERVICE_HANDLERS["sagemaker"] = _on_a_thread(functools.partial(handler.answer, plane), permit_for)
    app.SERVICE_HANDLERS["application-autoscaling"] = _on_a_thread(
        functools.partial(scaling.answer, plane.services.store, ensure_role), permit_for
    )
    # Without an entry the router reads every model of botocore, 400 MB, to learn that there is such a
    # service.
    router.SERVICE_PATTERNS["sagemaker"] = {
        "target_prefixes": ["SageMaker."],
        "credential_scope": "sagemaker",
    }
    router.SERVICE_PATTERNS["application-autoscaling"] = {
        "target_prefixes": ["AnyScaleFrontendService."],
        "credential_scope": "application-autoscaling",
    }
    stepfunctions._AWS_SDK_SERVICE_MAP["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX["sagemaker"] = "SageMaker"


def _on_a_thread(
    answer: Callable[[Request], Response], permit_for: PermitFor
) -> Callable[..., Awaitable[Response]]:
    async def handle(
        _method: str, path: str, headers: Mapping[str, str], body: bytes, _query: Any
    ) -> Response:
        # With the caller's scope, because ministack keeps it by task; on a thread, because operations wait.
        scope = current_scope()
        permit = permit_for(scope, headers)
        request = Request(scope=scope, path=path, headers=headers, body=body, permit=permit)
        return await asyncio.to_thread(answer, request)

    return handle
