"""Lambda polls queues and writes logs for a function without asking what the function's role may do.

On AWS it does both in the role's name: a role that may not receive from the queue gets no messages, and one
that may not write to the log group leaves no log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.local.engine.authorization.check import Check
from cdk_sagemaker_mlops.local.engine.authorization.policies import role_may

_log = logging.getLogger("cdk_sagemaker_mlops.engine")

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
_POLL_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def apply() -> None:
    """Makes Lambda act with the functions' roles."""
    _apply_to_polling()
    _apply_to_logs()


def _apply_to_polling() -> None:
    from ministack.services import lambda_svc

    iterate = lambda_svc._iter_all_esms
    told: set[str] = set()

    def permitted() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for account, region, mapping in iterate():
            source = str(mapping.get("EventSourceArn", ""))
            if ":sqs:" not in source or _may_poll(account, region, mapping, source, told):
                yield account, region, mapping

    lambda_svc._iter_all_esms = permitted


def _may_poll(account: str, region: str, mapping: dict[str, Any], source: str, told: set[str]) -> bool:
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    with request_scope(account, region):
        _, config = lambda_svc._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
    role = str((config or {}).get("Role", ""))
    missing = [
        action for action in _POLL_ACTIONS if not role_may(account, region, role, Check(action, source))
    ]
    if missing and mapping["UUID"] not in told:
        told.add(mapping["UUID"])
        _log.warning("%s is not polled: its role may not %s", source, ", ".join(missing))
    if not missing:
        told.discard(mapping["UUID"])
    return not missing


def _apply_to_logs() -> None:
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import lambda_svc

    emit = lambda_svc._emit_lambda_logs

    def permitted(function: dict[str, Any], *arguments: Any, **options: Any) -> None:
        config = function.get("config") or function
        name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        group = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}:log-stream:any"
        role = str(config.get("Role", ""))
        if all(
            role_may(get_account_id(), get_region(), role, Check(action, group)) for action in _LOG_ACTIONS
        ):
            emit(function, *arguments, **options)

    lambda_svc._emit_lambda_logs = permitted
