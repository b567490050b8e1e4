"""Attributes of the SDK that hold another value for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

_ABSENT = object()


@contextlib.contextmanager
def replaced(owner: Any, **values: Any) -> Iterator[None]:
    """Gives attributes of a module or a class other values, and puts the former ones back.

    Args:
        owner: The module or class.
        **values: Attribute to value. An attribute that ``owner`` does not have is taken off again.
    """
    # vars(), not getattr(): it keeps a static method static.
    before = {name: vars(owner).get(name, _ABSENT) for name in values}
    try:
        for name, value in values.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in before.items():
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
