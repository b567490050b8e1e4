"""EventBridge puts messages into a FIFO queue past the queue's own rules.

On AWS the queue must have content-based deduplication, the target a message group, and a message whose body
was sent within five minutes is dropped: a rule with a constant input loses triggers there, and must lose them
here.
"""

from __future__ import annotations

import logging
from typing import Any

_log = logging.getLogger("cdk_sagemaker_mlops.engine")


def apply() -> None:
    """Makes EventBridge send to FIFO queues as a client does."""
    from ministack.core import iam_evaluator
    from ministack.services import eventbridge, sqs

    deliver = eventbridge._dispatch_to_sqs

    def dispatch(spec: Any, payload: str, sqs_parameters: dict[str, Any] | None = None) -> None:
        queue = sqs._queue_by_arn(str(spec))
        if not queue or not queue.get("is_fifo"):
            deliver(spec, payload, sqs_parameters)
            return
        message = {"QueueUrl": queue["url"], "MessageBody": payload, **(sqs_parameters or {})}
        # An event that the engine emits comes with no request: a queue that asks for TLS would refuse it.
        iam_evaluator.pin_request_origin("127.0.0.1", True)
        try:
            sqs._act_send_message(message, queue["url"])
        except Exception as error:
            # The invocation fails, on AWS, too: into the target's dead-letter queue if it has one.
            _log.error("an event was not delivered to %s: %s", spec, error)

    eventbridge._dispatch_to_sqs = dispatch
