"""Where the control plane keeps its records: memory, one table for each kind of resource in each scope."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from cdk_sagemaker_mlops.local.engine.scope import Scope

# A resource as its Describe operation answers it; keys that start with "_" are the engine's own.
Record = dict[str, Any]


class Store:
    """Tables of records, guarded by one lock.

    Hold :attr:`lock` to read or change a table, and never across what waits: a request, a process, a thread.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._tables: defaultdict[tuple[Scope, str], dict[str, Record]] = defaultdict(dict)
        self._tags: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def table(self, scope: Scope, kind: str) -> dict[str, Record]:
        """Records of one kind, such as ``endpoint``, by name, in the order they were made."""
        return self._tables[(scope, kind)]

    def tags(self, arn: str) -> dict[str, str]:
        """Tags of a resource, by key."""
        return self._tags[arn]

    def forget_tags(self, arn: str) -> None:
        """Drops the tags of a resource that was deleted."""
        self._tags.pop(arn, None)
