"""The fake's memory, its clock, its faults, and how far reads lag behind writes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import ApiError, HarmError, invalid

ACCOUNT = "123456789012"
REGION = "eu-west-1"
DEFAULT_PAGE = 10
_START = datetime(2026, 11, 1, tzinfo=UTC)

Table = dict[str, dict[str, Any]]


class State:
    """What every service of the fake has in common.

    ``now`` moves by a second with every change, and by :meth:`advance`. With ``lag`` above 0, reads show a resource as
    it was before its last change until that many seconds have passed; refusals always go by what is.
    """

    def __init__(self, region: str = REGION) -> None:
        self.region = region
        self.now = _START
        self.lag = 0.0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.harms: list[str] = []
        self.tags: dict[str, dict[str, str]] = {}
        self.before_call: Callable[[str, dict[str, Any]], None] | None = None
        self.after_call: Callable[[str, dict[str, Any]], None] | None = None
        self._faults: dict[str, list[ApiError]] = {}
        self._denied: set[str] = set()
        self._before: dict[tuple[int, str], tuple[datetime, dict[str, Any] | None]] = {}

    # What a test says

    def fail_next(
        self, operation: str, code: str, message: str, *, status: int = 400, times: int = 1
    ) -> None:
        self._faults.setdefault(operation, []).extend([ApiError(code, message, status)] * times)

    def deny(self, *operations: str) -> None:
        """Refuses these operations from now on."""
        self._denied.update(operations)

    def allow(self, *operations: str) -> None:
        """Takes :meth:`deny` back; without operations, all of it."""
        self._denied.difference_update(operations if operations else set(self._denied))

    def forget_faults(self) -> None:
        """Drops what :meth:`fail_next` has still in store."""
        self._faults.clear()

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == operation]

    @property
    def changes(self) -> list[str]:
        """Operations called so far that are not reads."""
        return [name for name, _ in self.calls if not name.startswith(("Describe", "List", "Get", "Head"))]

    def time(self) -> float:
        """Stands in for :func:`time.time`."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Stands in for :func:`time.sleep`."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)

    # For the services

    def _fault(self, operation: str) -> None:
        if operation in self._denied:
            words = f"User is not authorized to perform: {operation}"
            raise ApiError("AccessDeniedException", words, 400)
        if self._faults.get(operation):
            raise self._faults[operation].pop(0)

    def _tick(self) -> datetime:
        self.advance(1)
        return self.now

    def _changing(self, table: Table, name: str) -> None:
        """Keeps a resource as reads may still show it; called before each change."""
        if self.lag:
            was = copy.deepcopy(table[name]) if name in table else None
            self._before.setdefault((id(table), name), (self.now + timedelta(seconds=self.lag), was))

    def _seen(self, table: Table) -> Table:
        """The table as reads show it."""
        if not self._before:
            return table
        self._before = {key: value for key, value in self._before.items() if value[0] > self.now}
        shown = dict(table)
        for (which, name), (_, was) in self._before.items():
            if which == id(table):
                if was is None:
                    shown.pop(name, None)
                else:
                    shown[name] = was
        return shown

    def _harm(self, text: str) -> None:
        """Notes what must never be done, and stops the one who does it."""
        self.harms.append(text)
        raise HarmError(text)

    def _event(self, detail_type: str, detail: dict[str, Any]) -> None:
        self.events.append({"source": "aws.sagemaker", "detail-type": detail_type, "detail": detail})

    def _arn(self, kind: str, name: str, *, service: str = "sagemaker") -> str:
        # SageMaker's ARNs are in lower case, whatever the name's case.
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{kind}/{name.lower()}"

    def _existing(self, table: Table, words: str, kind: str, name: str) -> dict[str, Any]:
        if name not in table:
            raise invalid(f'Could not find {words} "{self._arn(kind, name)}".')
        return table[name]

    # Tags

    def _add_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(params["ResourceArn"])
        added = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        if len({**tags, **added}) > 50:
            raise ApiError("ResourceLimitExceeded", "The maximum number of tags per resource is 50.")
        self._tick()
        tags.update(added)
        return self._list_tags(params)

    def _delete_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(params["ResourceArn"])
        for key in params["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(params["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tags_of(self, resource_arn: str) -> dict[str, str]:
        if resource_arn not in self.tags:
            raise invalid(f"Resource {resource_arn} does not exist.")
        return self.tags[resource_arn]


def page(
    key: str,
    items: list[dict[str, Any]],
    params: dict[str, Any],
    *,
    size: str = "MaxResults",
    most: int = DEFAULT_PAGE,
) -> dict[str, Any]:
    """A part of a listing, with the token for the next one."""
    start = int(params.get("NextToken", "0"))
    end = start + params.get(size, most)
    return {key: items[start:end], **({"NextToken": str(end)} if end < len(items) else {})}
