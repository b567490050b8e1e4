"""Which endpoint configs and models nobody needs any more, and their deletion."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from ..aws_calls import now_in_ms
from . import names
from .containers import delete_copy
from .records import Record, Rollout
from .sagemaker_api import SageMakerApi
from .settings import Settings

logger = logging.getLogger(__name__)

_MOST_DELETES = 10
# Older ones are read only in later sweeps, so that a sweep's length does not grow with what there is.
_MOST_READ = 20
_UNDER_WAY_IN_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class _Served:
    name: str
    version: int
    record: Record


def sweep(settings: Settings, api: SageMakerApi, served_name: str) -> bool:
    """Deletes what is not needed any more, at most ten configs at a time.

    Kept are the config in service and the one to go back to, the configs deployed last, failures that are
    not superseded by the version in service (they are what keeps a failure from being repeated), and what may
    belong to a rollout that is just beginning.

    Args:
        settings: The deployment's.
        api: SageMaker's hosting.
        served_name: Endpoint config in service.

    Returns:
        Whether nothing is left to delete.
    """
    version, record = names.version_of(settings, served_name), api.record(served_name)
    if version is None or record is None:
        return True
    served = _Served(name=served_name, version=version, record=record)
    most = settings.keep_versions + _MOST_READ + _MOST_DELETES
    listed = [each.name for each in islice(api.endpoint_configs(), most)]
    records = {
        name: found
        for name in listed[: settings.keep_versions + _MOST_READ]
        if (found := api.record(name)) is not None
    }
    kept = _kept(settings, served, records)
    garbage = [name for name in listed if name not in kept]
    for name in garbage[:_MOST_DELETES]:
        # Another look may just have begun to roll it out anew.
        if name not in records or api.record(name) == records[name]:
            _delete(settings, api, name)
    # Only a complete list of configs tells which models have none.
    orphans = _orphans(api, most, set(listed)) if len(listed) < most else []
    for name in orphans[:_MOST_DELETES]:
        delete_copy(settings, name)
        api.delete_model(name)
    return len(listed) < most and max(len(garbage), len(orphans)) <= _MOST_DELETES


def _kept(settings: Settings, served: _Served, records: Mapping[str, Record]) -> set[str]:
    deployed = [name for name, record in records.items() if record.rollout is Rollout.SUCCEEDED]
    deployed.sort(key=lambda name: records[name].at, reverse=True)
    kept = {served.name, served.record.previous, *deployed[: settings.keep_versions]}
    for name, record in records.items():
        version = names.version_of(settings, name)
        newer = version is not None and version >= served.version
        failed = record.rollout is Rollout.FAILED and (newer or record.marked != "yes")
        under_way = not record.is_concluded and (newer or record.at > now_in_ms() - _UNDER_WAY_IN_MS)
        if failed or under_way:
            kept.add(name)
    return kept


def _orphans(api: SageMakerApi, most: int, configs: set[str]) -> list[str]:
    """Models whose config was refused, or whose deletion was cut short; not those just being made."""
    since = now_in_ms() - _UNDER_WAY_IN_MS
    return [
        each.name
        for each in islice(api.models(), most)
        if each.name not in configs and each.created.timestamp() * 1000 < since
    ]


def _delete(settings: Settings, api: SageMakerApi, name: str) -> None:
    logger.info("deleting a version that is not needed any more", extra={"config_name": name})
    # The config last: it is what the next sweep finds, should this one be cut short.
    delete_copy(settings, name)
    api.delete_model(name)
    api.delete_endpoint_config(name)
