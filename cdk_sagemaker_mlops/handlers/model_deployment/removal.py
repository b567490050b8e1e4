"""Removes what a deployment made: the endpoint first, and what it needs to run last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import islice

from ..aws_calls import by_meaning, client
from ..errors import BusyError, MissingError
from . import scaling
from .containers import delete_copies, delete_copy
from .decisions import Endpoint
from .notifications import REMOVED, Outcome, tell
from .sagemaker_api import Listed, SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)

# Keeps one call well within its handler's time; the next call goes on.
_MOST_DELETES = 100


def is_quiet(settings: Settings) -> bool:
    """Tells whether no trigger is being worked on, which could bring back what is being removed.

    Args:
        settings: The deployment's.
    """
    name = "ApproximateNumberOfMessagesNotVisible"
    try:
        with by_meaning():
            found = client("sqs").get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=[name])
    except MissingError:
        return True
    return int(found["Attributes"][name]) == 0


def remove(settings: Settings, api: SageMakerApi, endpoint: Endpoint | None) -> bool:
    """Ends scaling, deletes the endpoint, and once it is gone its endpoint configs, models and copies.

    An endpoint that carries the same name but was not created by this deployment is left alone.

    Args:
        settings: The deployment's.
        api: SageMaker's hosting.
        endpoint: The endpoint, as it was just seen.

    Returns:
        Whether all of it is gone; if not, call again later.
    """
    if endpoint is not None and endpoint.owned and not _endpoint_is_gone(settings, api, endpoint):
        return False
    # Models are made first and deleted last: without any there is nothing else.
    if next(iter(api.models()), None) is None:
        return True
    if endpoint is None and not api.has_no_endpoint():
        return False

    def delete_model(name: str) -> None:
        # The model last: it is what is found again, should this be cut short.
        delete_copy(settings, name)
        api.delete_model(name)

    configs = _delete_own(api.endpoint_configs, api.delete_endpoint_config)
    return configs and _delete_own(api.models, delete_model)


def remove_for_good(settings: Settings, api: SageMakerApi) -> bool:
    """Does the same when the stack is deleted, whatever else has been deleted by hand.

    Args:
        settings: The deployment's.
        api: SageMaker's hosting.

    Returns:
        Whether all of it is gone; if not, call again later.
    """
    endpoint = api.endpoint()
    if endpoint is None:
        if not api.has_no_endpoint():
            return False
        scaling.clear(settings, kind=settings.kind)
        _delete_own(api.endpoint_configs, api.delete_endpoint_config)
    gone = remove(settings, api, endpoint)
    if gone:
        delete_copies(settings)
    return gone


def _endpoint_is_gone(settings: Settings, api: SageMakerApi, endpoint: Endpoint) -> bool:
    record = api.record(endpoint.config_name) if endpoint.config_name else None
    logger.info(
        "deleting endpoint", extra={"endpoint_name": settings.endpoint_name, "status": endpoint.status}
    )
    scaling.clear(settings, kind=settings.kind if record is None or not record.kind else record.kind)
    try:
        gone = api.delete_endpoint()
    except BusyError:
        # SageMaker deletes no endpoint that it is at work on.
        return False
    package_arn = "" if record is None else record.package_arn
    tell(settings, Outcome(status=REMOVED, config_name=endpoint.config_name, package_arn=package_arn))
    return gone


def _delete_own(listing: Callable[[], Iterable[Listed]], delete: Callable[[str], None]) -> bool:
    """Deletes this deployment's part of a listing, and tells whether the listing has none of it any more."""
    own = [each.name for each in islice(listing(), _MOST_DELETES)]
    for name in own:
        logger.info("deleting", extra={"resource_name": name})
        delete(name)
    return not any(True for _ in listing()) if own else True
