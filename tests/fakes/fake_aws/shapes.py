"""What botocore's client leaves to the service to check: longest, pattern and enum; and its own check of answers.

The rules are those of botocore's service model, which is where SageMaker's own refusals come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from .errors import ApiError

_VALIDATOR = ParamValidator()
# Java's classes, as far as the models use them, in Python's words.
_CLASS = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": " \u00a0",
    r"\p{P}": r"!-/:-@\[-`{-~",
    r"\p{M}": "",
    r"\p{S}": r"$+<=>^`|~",
}


def check_request(operation: OperationModel, params: dict[str, Any]) -> None:
    """Refuses what the service's model rules out and botocore lets through.

    Raises:
        ApiError: In the words of the services.
    """
    if operation.input_shape is None:
        return
    found = [
        f"Value at '{path}' failed to satisfy constraint: {rule}"
        for path, rule in _broken(operation.input_shape, params, "")
    ]
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ApiError("ValidationException", f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def check_answer(operation: OperationModel, result: dict[str, Any]) -> None:
    """Fails the test whose fake answers what the service cannot answer."""
    if operation.output_shape is None:
        assert result == {}, f"{operation.name} answers nothing, got {result!r}"
        return
    report = _VALIDATOR.validate(result, operation.output_shape)
    assert not report.has_errors(), report.generate_report()


def _broken(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    yield from _own(shape, value, path)
    for member, each, name in _members(shape, value):
        yield from _broken(member, each, f"{path}{name}".lstrip("."))


def _members(shape: Shape, value: Any) -> Iterator[tuple[Shape, Any, str]]:
    match shape.type_name:
        case "structure":
            yield from ((shape.members[name], each, f".{name}") for name, each in value.items())
        case "list":
            yield from ((shape.member, each, f"[{index}]") for index, each in enumerate(value))
        case "map":
            for key, each in value.items():
                yield shape.key, key, f".{key}"
                yield shape.value, each, f".{key}"


def _own(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match shape.type_name:
        case "list" | "map":
            yield from _size(shape, value, path)
        case "string":
            yield from _text(shape, value, path)
        case "integer" | "long" | "float" | "double":
            most = shape.metadata.get("max")
            if most is not None and value > most:
                yield path, f"Member must have value less than or equal to {most}"


def _size(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    most = shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield path, f"Member must have length less than or equal to {most}"


def _text(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        return
    yield from _size(shape, value, path)
    options = shape.metadata.get("enum")
    if options and value not in options:
        yield path, f"Member must satisfy enum value set: {options}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield path, f"Member must satisfy regular expression pattern: {pattern}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    # Some models write their length after the end, `(...)${1,128}`, which no engine takes.
    text = re.sub(r"\$\{\d+,\d+\}$", "", pattern)
    for name, members in (("ASCII", r"[\x00-\x7f]"), ("Print", r"[\x20-\x7e]")):
        text = text.replace(rf"[\p{{{name}}}]", members).replace(rf"\p{{{name}}}", members)
    text = text.replace(r"\z", r"\Z")
    text = text.replace(r"[\p{L}\p{Z}\p{N}_", "[\\w \u00a0")
    text = re.sub(r"\\p\{[LMNPSZ]\}", lambda found: _CLASS[found[0]], text)
    # Java's way to write the characters beyond the first plane.
    return re.compile(text.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"))
