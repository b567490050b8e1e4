"""Lambda on the trigger queue. Whatever a message says, it only means: look again.

What to deploy is read from SageMaker, never from the message, so a forged or stale event deploys nothing.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from ..aws_calls import sagemaker_client
from ..errors import PermanentError, RetryableError
from .controller import look
from .decide import DELETING, Wait
from .sagemaker_api import SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)


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
    api = SageMakerApi(sagemaker_client(), owner=settings.name_prefix)
    again = False
    try:
        rest = look(api, settings)
    except (RetryableError, PermanentError):
        logger.exception("look failed", extra={"endpoint_name": settings.endpoint_name})
        again = True
    else:
        # SageMaker tells of every other status change, but is not documented to tell when an endpoint is
        # gone.
        again = rest == Wait(DELETING)
    failed = event["Records"] if again else []
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}
