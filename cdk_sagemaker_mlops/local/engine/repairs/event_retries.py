"""EventBridge invokes a function once, and forgets a failure.

On AWS it is an asynchronous invocation: two more attempts, then the function's dead-letter queue or failure
destination. ministack has that behaviour, for other callers.
"""

from __future__ import annotations

import json
import logging

_log = logging.getLogger("cdk_sagemaker_mlops.engine")


def apply() -> None:
    """Makes EventBridge invoke functions asynchronously, with retries."""
    from ministack.services import eventbridge, lambda_svc

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            _log.warning("an event's target function %s does not exist", name)
            return
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch
