"""Everything that is in the account, without what may differ between two ways to the same end: times, and repeats."""

from __future__ import annotations

import re
from typing import Any

from .hostings import ARTIFACTS
from .world import World

_TIMES = frozenset({"CreationTime", "LastModifiedTime", "created", "StartTime"})
_A_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]?[\d:.+Z]*|\d{9,}(\.\d+)?")


def snapshot(world: World) -> dict[str, Any]:
    """The fake's whole state. Messages are left out: a repeated look may repeat them."""
    fake = world.fake
    return {
        "endpoints": _timeless(fake.endpoints),
        "endpoint configs": _timeless(fake.endpoint_configs),
        "models": _timeless(fake.models),
        "tags": _timeless(fake.tags),
        "packages": _timeless(world.registry.packages),
        "groups": _timeless(world.registry.groups),
        "copies": {key: "" for key in fake.objects if key[0] == ARTIFACTS},
        "scalable targets": _timeless(fake.scalable_targets),
        "scaling policies": _timeless(fake.scaling_policies),
        "scheduled actions": _timeless(fake.scheduled_actions),
        "alarms": _timeless(fake.alarms),
        "hostings": [each.hosting for each in world.deployments],
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key not in _TIMES}
    if isinstance(value, list):
        return [_timeless(each) for each in value]
    if isinstance(value, str):
        return _A_TIME.sub("TIME", value)
    return value


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Each place in which two snapshots differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other}, key=str)
        return [
            text
            for key in keys
            for text in differences(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}/{key}")
        ]
    return [] if one == other else [f"{path}: {one!r} instead of {other!r}"]
