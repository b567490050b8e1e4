"""Removes what a deployment made: the endpoint first, and what it needs to run last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import islice

from ..errors import BusyError
from . import names
from .sagemaker_api import SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)

# Keeps one call well within its handler's time; the next call goes on.
_MOST_DELETES = 100


def remove(api: SageMakerApi, settings: Settings) -> bool:
    """Deletes the endpoint, and once it is gone its endpoint configs and models.

    An endpoint that carries the same name but was not created by this deployment is left alone.

    Args:
        api: SageMaker.
        settings: The deployment's.

    Returns:
        Whether all of it is gone; if not, call again later.
    """
    if not _endpoint_is_gone(api, settings):
        return False
    configs = _delete_own(settings, api.endpoint_configs, api.delete_endpoint_config)
    models = _delete_own(settings, api.models, api.delete_model)
    return configs and models


def _endpoint_is_gone(api: SageMakerApi, settings: Settings) -> bool:
    endpoint = api.endpoint(settings.endpoint_name)
    if endpoint is None or not endpoint.owned:
        return True
    logger.info(
        "deleting endpoint", extra={"endpoint_name": settings.endpoint_name, "status": endpoint.status}
    )
    try:
        return api.delete_endpoint(settings.endpoint_name)
    except BusyError:
        # SageMaker deletes no endpoint that it is at work on.
        return False


def _delete_own(
    settings: Settings, listing: Callable[[str], Iterable[str]], delete: Callable[[str], None]
) -> bool:
    """Deletes this deployment's part of a listing, and tells whether the listing has none of it any more."""
    stem = names.stem(settings)
    own = [name for name in listing(stem) if names.is_own(settings, name)]
    for name in islice(own, _MOST_DELETES):
        logger.info("deleting", extra={"resource_name": name})
        delete(name)
    return not any(names.is_own(settings, name) for name in listing(stem)) if own else True
