"""Lambda on the trigger queue. Whatever a message says, it only means: look again.

What to deploy is read from SageMaker, never from the message, so a forged or stale event deploys nothing.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from ..errors import PermanentError, RetryableError
from .controller import look
from .decide import DELETING
from .decisions import Wait
from .settings import Settings

logger = logging.getLogger(__name__)

# What permissions have not reached by the third look, minutes later, is not on its way.
_LAST_TRY = 3


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Looks once for the whole batch.

    Args:
        event: SQS batch.
        context: Lambda's; not used.

    Returns:
        The batch's failures: none, or all messages, which then come back after the queue's visibility timeout
        and end in the dead-letter queue if looking keeps failing.
    """
    settings = Settings.from_environment(os.environ)
    again = False
    try:
        rest = look(settings, is_last_try=_receives(event) >= _LAST_TRY)
    except (RetryableError, PermanentError):
        logger.exception("look failed", extra={"endpoint_name": settings.endpoint_name})
        again = True
    else:
        # SageMaker tells of every other status change, but is not documented to tell when an endpoint is
        # gone.
        again = rest == Wait(DELETING)
    failed = event["Records"] if again else []
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _receives(event: dict[str, Any]) -> int:
    counts = [record.get("attributes", {}).get("ApproximateReceiveCount", 1) for record in event["Records"]]
    return max((int(count) for count in counts), default=1)
