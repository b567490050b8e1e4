"""One look: observe, decide, act, until there is nothing to do but wait.

Looks may overlap, because the queue's handler and the custom resource both look. What keeps them from harm:
names are the same for the same target, SageMaker takes one change of an endpoint at a time, and a look reads
the target's record *before* it reads the endpoint, so that a rollout begun in between is seen as running, not
as rolled back.
"""

from __future__ import annotations

import logging

from .. import contract
from ..errors import BusyError, RetryableError
from . import decide as d
from .names import name_for
from .sagemaker_api import SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)

# Enough for: note an old rollout, note a failed one, delete a dead endpoint, create it.
_MOST_STEPS = 6


def look(api: SageMakerApi, settings: Settings) -> d.Rest:
    """Brings the endpoint as far towards the newest approved package as is possible now.

    Args:
        api: SageMaker.
        settings: The deployment's.

    Returns:
        Why there is nothing more to do for now.

    Raises:
        RetryableError: A call failed that may work in a while.
        PermanentError: A call failed that someone has to do something about.
    """
    for _ in range(_MOST_STEPS):
        decision = assess(api, settings)
        if not isinstance(decision, d.Action):
            _log(
                "look ended",
                decision,
                settings,
                logging.ERROR if isinstance(decision, d.Failed) else logging.INFO,
            )
            return decision
        _log("acting", decision, settings, logging.INFO)
        waiting = _act(api, settings, decision)
        if waiting is not None:
            return waiting
    raise RetryableError(f"{settings.endpoint_name} did not come to rest in {_MOST_STEPS} steps")


def assess(api: SageMakerApi, settings: Settings) -> d.Action | d.Rest:
    """Observes and decides, and changes nothing."""
    target = _target(api, settings)
    records = {}
    if target is not None and (record := api.record(target.name)) is not None:
        records[target.name] = record
    endpoint = api.endpoint(settings.endpoint_name)
    if endpoint is not None and endpoint.owned and endpoint.config_name not in records:
        served = api.record(endpoint.config_name)
        if served is not None:
            records[endpoint.config_name] = served
    return d.decide(target, d.Observed(endpoint=endpoint, records=records))


def _target(api: SageMakerApi, settings: Settings) -> d.Target | None:
    package = api.newest_approved(settings.model_package_group)
    if package is None:
        return None
    name = name_for(settings, package_arn=package.arn, version=package.version, created=package.created)
    return d.Target(package_arn=package.arn, name=name, approval=package.approval)


def _act(api: SageMakerApi, settings: Settings, action: d.Action) -> d.Wait | None:
    """Carries ``action`` out, and returns what SageMaker is at work on now, if it is."""
    match action:
        case d.WriteRecord(config_name, record):
            api.write_record(config_name, record)
            return None
        case d.DeleteEndpoint():
            return None if api.delete_endpoint(settings.endpoint_name) else d.Wait(d.DELETING)
        case d.CreateEndpoint(target):
            _prepare(api, settings, target)
            api.create_endpoint(settings.endpoint_name, config_name=target.name)
            _note_request(api, target)
            return d.Wait("Creating")
        case d.UpdateEndpoint(target):
            _prepare(api, settings, target)
            try:
                begun = api.update_endpoint(settings.endpoint_name, config_name=target.name)
            except BusyError:
                return d.Wait("Updating")
            if begun:
                _note_request(api, target)
            return d.Wait("Updating")


def _prepare(api: SageMakerApi, settings: Settings, target: d.Target) -> None:
    api.create_model(
        target.name, package_arn=target.package_arn, execution_role_arn=settings.execution_role_arn
    )
    api.create_endpoint_config(target.name, variant=settings.hosting[contract.PRODUCTION_VARIANT])


def _note_request(api: SageMakerApi, target: d.Target) -> None:
    # After the request, not before: a handler that dies in between costs one more attempt, not an approval.
    api.write_record(target.name, d.Record(rollout=d.Rollout.REQUESTED, approval=target.approval))


def _log(message: str, decision: d.Action | d.Rest, settings: Settings, level: int) -> None:
    logger.log(
        level,
        "%s: %s",
        message,
        decision,
        extra={"endpoint_name": settings.endpoint_name, "decision": type(decision).__name__},
    )
