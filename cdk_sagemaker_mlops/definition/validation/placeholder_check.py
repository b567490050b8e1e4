"""Finds placeholders that came out of the SDK altered, and CDK tokens that went into it raw."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import Any

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.validation.findings import member_path, problem
from cdk_sagemaker_mlops.definition.validation.step_record import step_records
from cdk_sagemaker_mlops.errors import DefinitionError, Problem

_RAW_TOKEN = re.compile(r"(?:[$#]|%24|%23)(?:\{|%7b)token(?:\[|%5b)", re.IGNORECASE)
_NESTED_STEPS = frozenset({"IfSteps", "ElseSteps", "ForEachBody"})
# Where a token breaks what parses it; the user's own frames hold tokens rightly.
_PARSERS = ("sagemaker", "urllib", "ipaddress", "pathlib", "pydantic")


def require_sound_values(document: Mapping[str, Any], *, known: Collection[str], pipeline_name: str) -> None:
    """Checks every value of a definition for altered placeholders and raw tokens.

    Args:
        document: The definition as the SDK builds it.
        known: The placeholders of this build besides the fixed ones.
        pipeline_name: Name of the pipeline.

    Raises:
        DefinitionError: With one problem for each value that is wrong.
    """
    found = [item for path, value in _scalars(document) for item in _value_problems(value, path, known)]
    if found:
        raise DefinitionError(*found, at=pipeline_name)


@contextlib.contextmanager
def explaining_raw_tokens(pipeline_name: str) -> Iterator[None]:
    """Names the CDK token that the SDK stumbled over, if it was one that made it fail."""
    try:
        yield
    except Exception as error:
        token = _token_in(error)
        if token is None:
            raise
        raise DefinitionError(_raw_token("pipeline", token), at=pipeline_name) from error


def _token_in(error: Exception) -> str | None:
    texts = [str(error), *_parsed_texts(error.__traceback__)]
    return next((text for text in texts if _RAW_TOKEN.search(text) is not None), None)


def _parsed_texts(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        frame = traceback.tb_frame
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _PARSERS:
            yield from (value for value in frame.f_locals.values() if isinstance(value, str))
        traceback = traceback.tb_next


def _value_problems(value: object, path: str, known: Collection[str]) -> Iterator[Problem]:
    if checks.is_token(value) or (isinstance(value, str) and _RAW_TOKEN.search(value) is not None):
        yield _raw_token(path, value)
    elif isinstance(value, str) and placeholders.is_altered_in(value, known):
        yield problem(
            "AlteredPlaceholder",
            path,
            "use the context's values unaltered",
            value,
            "pass what ctx gives on whole: do not change its case, cut, split or encode it",
        )


def _raw_token(path: str, value: object) -> Problem:
    return problem(
        "RawToken",
        path,
        "hold no CDK token",
        value,
        "wrap the token where your function uses it: ctx.placeholder(...)",
    )


def _scalars(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        if key == "Parameters" and isinstance(value, list):
            for index, item in enumerate(value):
                name = item.get("Name") if isinstance(item, dict) else None
                yield from _scalars_in(item, f"pipeline.parameters[{name or index}]")
        elif key != "Steps":
            yield from _scalars_in(value, f"pipeline.{key}")
    for step in step_records(document.get("Steps")):
        yield from _scalars_in(step.content, step.path)


def _scalars_in(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}, key {key}", key
            if key not in _NESTED_STEPS:
                yield from _scalars_in(item, member_path(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars_in(item, f"{path}[{index}]")
    else:
        yield path, value
