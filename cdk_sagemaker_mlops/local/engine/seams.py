"""The private names of ministack that the engine uses, checked at start.

ministack is pinned exactly because of them. When another version is installed and a name has gone, the engine
says which, instead of failing somewhere inside a deployment.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from cdk_sagemaker_mlops.errors import LocalRunError, Problem

PINNED_VERSION = "1.5.33"


@dataclass(frozen=True)
class Seam:
    """A name in one of ministack's modules.

    Args:
        module: Module below ``ministack``.
        name: Attribute of the module.
        purpose: What the engine does with it.
    """

    module: str
    name: str
    purpose: str

    def __str__(self) -> str:
        return f"ministack.{self.module}.{self.name}"


_PROVISIONERS = "services.cloudformation.provisioners"

SEAMS = (
    Seam("app", "app", "the ASGI application that is served"),
    Seam("app", "SERVICE_HANDLERS", "where the sagemaker service is added"),
    Seam("app", "pin_request_origin", "counts requests as secure"),
    Seam("core.iam_evaluator", "enforce", "asks what the caller of a request may do"),
    Seam("core.iam_evaluator", "evaluate", "asks what a role may do"),
    Seam("core.iam_evaluator", "EvalContext", "says what is asked"),
    Seam("core.iam_evaluator", "pin_request_origin", "counts the engine's own messages as secure"),
    Seam("core.iam_evaluator", "_gather_role_policies", "reads a role's policies"),
    Seam("core.iam_evaluator", "EvalResult", "tells who was refused"),
    Seam("core.iam_evaluator", "AuthError", "tells wrong credentials from missing permissions"),
    Seam("core.iam_actions", "extract_resource_arn", "permits calls about alarms by the alarms they name"),
    Seam("core.iam_actions", "extract_iam_action", "tells what a call about alarms does"),
    Seam("core.iam_actions", "identity_denial_message", "words a refusal"),
    Seam("core.router", "extract_access_key_id", "finds the caller of a request"),
    Seam("core.router", "SERVICE_PATTERNS", "routes requests to the sagemaker service"),
    Seam("core.responses", "get_account_id", "account of a request"),
    Seam("core.responses", "get_region", "region of a request"),
    Seam("core.responses", "request_scope", "sends an event in a given account and region"),
    Seam("core.lambda_runtime", "_detect_runtime_binary", "chooses the interpreter of a function"),
    Seam("core.lambda_runtime", "reset", "ends the functions' processes"),
    Seam("services.cloudwatch", "_alarms", "reads the state of alarms that end a rollout"),
    Seam("services.cloudwatch", "_composite_alarms", "reads the state of composite alarms"),
    Seam("services.cloudwatch", "_evaluate_alarm", "computes an alarm's state"),
    Seam("services.cloudwatch_logs", "_create_log_group", "keeps the logs of jobs"),
    Seam("services.cloudwatch_logs", "_create_log_stream", "keeps the logs of jobs"),
    Seam("services.cloudwatch_logs", "_put_log_events", "keeps the logs of jobs"),
    Seam("services.eventbridge", "_put_events", "emits aws.sagemaker events"),
    Seam("services.eventbridge", "_dispatch_to_lambda", "delivers an event to a function"),
    Seam("services.eventbridge", "_dispatch_to_sqs", "delivers an event to a queue"),
    Seam("services.eventbridge", "_event_bus_policies", "keeps the policies of event buses"),
    Seam("services.iam", "_roles", "keeps the role that scales endpoints"),
    Seam("services.iam", "_gen_id", "identifies that role"),
    Seam("services.lambda_svc", "_get_func_record_for_ref", "finds the function an event goes to"),
    Seam("services.lambda_svc", "_execution_record_for_config", "prepares a function for an event"),
    Seam("services.lambda_svc", "_get_func_record_for_qualifier", "finds the function that a queue is for"),
    Seam("services.lambda_svc", "_iter_all_esms", "polls queues with the functions' roles"),
    Seam("services.lambda_svc", "_emit_lambda_logs", "writes logs with the functions' roles"),
    Seam("services.lambda_svc", "invoke_async_with_retry", "invokes as EventBridge does"),
    Seam("services.sns", "_fanout", "tells topics about answers of asynchronous endpoints"),
    Seam("services.sqs", "_act_send_message", "sends to a FIFO queue with deduplication"),
    Seam("services.sqs", "_queue_by_arn", "finds the queue an event goes to"),
    Seam("services.s3", "_bucket_tags", "keeps the tags of buckets that stacks define"),
    Seam("services.stepfunctions", "_AWS_SDK_SERVICE_MAP", "SageMaker calls of state machines"),
    Seam("services.stepfunctions", "_AWS_SDK_ERROR_PREFIX", "their errors' names"),
    Seam(_PROVISIONERS, "_RESOURCE_HANDLERS", "where CloudFormation types are added"),
    Seam(_PROVISIONERS, "_REPLACING_PROPERTIES", "which property changes replace a resource"),
    Seam(_PROVISIONERS, "_STACK_TAG_PROPERTY", "which types take the stack's tags"),
    Seam(_PROVISIONERS, "_cw_metric_alarm_record", "takes alarms on metric math"),
    Seam(_PROVISIONERS, "_physical_name", "names what a template does not name"),
    Seam("services.cloudformation.stacks", "_runs_on_worker_thread", "which types may wait"),
)


def missing(seams: Iterable[Seam]) -> list[Seam]:
    """Those of ``seams`` that the installed ministack does not have."""
    return [seam for seam in seams if not _exists(seam)]


def _exists(seam: Seam) -> bool:
    try:
        module = importlib.import_module(f"ministack.{seam.module}")
    except ModuleNotFoundError:
        return False
    return hasattr(module, seam.name)


def check_seams(seams: Iterable[Seam] = SEAMS) -> None:
    """Checks that the installed ministack has every name the engine uses.

    Args:
        seams: Names to look for. Default: every one the engine uses.

    Raises:
        LocalRunError: One is missing; the text names each, what it is for, and the version that has them.
    """
    gone = missing(seams)
    if gone:
        installed = version("ministack")
        raise LocalRunError(
            *(
                Problem(
                    code="UnsupportedEmulator",
                    parameter=str(seam),
                    rule=f"exist, because the local engine uses it ({seam.purpose})",
                    value=f"ministack {installed}",
                    fix=f"install ministack=={PINNED_VERSION}",
                )
                for seam in gone
            )
        )
