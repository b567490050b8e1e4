"""How a problem in a definition is worded: where it is, what was found there, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from cdk_sagemaker_mlops.errors import Problem

_LONGEST_SHOWN = 160
_MOST_LISTED = 10


class _Shortened:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def problem(code: str, path: str, rule: str, value: object, fix: str) -> Problem:
    """Words one problem; a long value is shown by its beginning."""
    text = repr(value)
    shown = value if len(text) <= _LONGEST_SHOWN else _Shortened(f"{text[:_LONGEST_SHOWN]}...")
    return Problem(code=code, parameter=path, rule=rule, value=shown, fix=fix)


def wrong_type(path: str, expected: str, value: object, *, fix: str | None = None) -> Problem:
    """Words that a value is of the wrong type."""
    return problem(
        "WrongType",
        path,
        f"be {expected}",
        value,
        f"give {expected}" if fix is None else fix,
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that ``name`` is probably a misspelling of, if there is one."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.75)
    return by_lower[found[0]] if found else None


def suggestion(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Words what to write in place of ``name``: the nearest known name, or a list of them if it is short."""
    names = sorted(known)
    meant = nearest(name, names)
    if meant is not None:
        return f"write {meant!r}"
    if 0 < len(names) <= _MOST_LISTED:
        return f"{otherwise}: {', '.join(repr(candidate) for candidate in names)}"
    return otherwise


def member_path(path: str, member: Any) -> str:
    """Returns the path of a member of the object at ``path``."""
    text = str(member)
    return f"{path}.{text}" if text.replace("_", "a").isalnum() else f"{path}[{text}]"
