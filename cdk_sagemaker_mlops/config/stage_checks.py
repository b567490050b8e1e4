"""Checks that several stages of the built-in pipeline share.

Ranges and patterns are those of botocore's ``sagemaker`` service model; each caller names the shape. Strings
may be CDK tokens. Numbers may not: the definition is JSON text, where a token for a number cannot stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

_MOST_TAGS = 50
_TAG_PUNCTUATION = "_.:/=+-@"


def whole_number(
    parameter: str, value: object, low: int, high: int | None, *, code: str, unit: str, fix: str
) -> Problem | None:
    """Checks that ``value`` is ``None``, or a whole number from ``low`` to ``high``."""
    if value is None:
        return None
    return required_whole_number(parameter, value, low, high, code=code, unit=unit, fix=fix)


def required_whole_number(
    parameter: str, value: object, low: int, high: int | None, *, code: str, unit: str, fix: str
) -> Problem | None:
    """Checks that ``value`` is a whole number from ``low`` to ``high``; ``None`` is none."""
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= low
        and (high is None or value <= high)
    ):
        return None
    limits = f"of at least {low}" if high is None else f"from {low} to {high}"
    rule = f"be a whole number {limits} {unit}".rstrip()
    return Problem(code=code, parameter=parameter, rule=rule, value=value, fix=fix)


def boolean(parameter: str, value: object) -> Problem | None:
    """Checks that ``value`` is ``True`` or ``False``."""
    if isinstance(value, bool):
        return None
    return Problem(
        code="InvalidBoolean", parameter=parameter, rule="be True or False", value=value, fix="use a bool"
    )


def text(parameter: str, value: object, most: int, *, code: str, fix: str) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or a string of 1 to ``most`` characters."""
    if value is None or checks.is_token(value) or (isinstance(value, str) and 1 <= len(value) <= most):
        return None
    return Problem(
        code=code,
        parameter=parameter,
        rule=f"be a string of 1 to {most} characters",
        value=value,
        fix=fix,
    )


def image_uri(parameter: str, value: str | None) -> Problem | None:
    """Checks the URI of a container image; the shape is ``ContainerImage``, the narrowest of the stages'."""
    return checks.matches(
        parameter,
        value,
        r"\S{1,255}",
        code="InvalidImageUri",
        rule="be an image URI of 1 to 255 characters without spaces",
        fix="use a URI such as '<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>'",
    )


def environment(
    parameter: str, variables: Mapping[str, str], *, most: int, name_length: int, value_length: int
) -> Iterator[Problem | None]:
    """Checks environment variables: how many, their names, and their values."""
    if len(variables) > most:
        yield Problem(
            code="TooManyEnvironmentVariables",
            parameter=parameter,
            rule=f"have at most {most} variables",
            value=len(variables),
            fix="put the rest into a file in source_dir",
        )
    for name, value in variables.items():
        path = f"{parameter}[{name!r}]"
        yield checks.matches(
            path,
            str(name),
            rf"[a-zA-Z_][a-zA-Z0-9_]{{0,{name_length - 1}}}",
            code="InvalidEnvironmentName",
            rule=f"have a name of up to {name_length} letters, digits and '_', not starting with a digit",
            fix="rename it here and in the script",
        )
        if not checks.is_token(value) and not (isinstance(value, str) and len(value) <= value_length):
            yield Problem(
                code="InvalidEnvironmentValue",
                parameter=path,
                rule=f"be a string of up to {value_length} characters",
                value=value,
                fix="give numbers as strings, and put long values into a file in source_dir",
            )


def identifiers(
    parameter: str, values: Collection[str], most: int, *, code: str, what: str
) -> Iterator[Problem | None]:
    """Checks 1 to ``most`` ids of network resources (shapes ``SubnetId`` and ``SecurityGroupId``)."""
    if not 1 <= len(values) <= most:
        yield Problem(
            code=code,
            parameter=parameter,
            rule=f"name 1 to {most} {what}s",
            value=list(values),
            fix="give subnets and security groups together, or neither",
        )
    for index, value in enumerate(values):
        yield checks.matches(
            f"{parameter}[{index}]",
            value,
            r"[-0-9a-zA-Z]{1,32}",
            code=code,
            rule=f"be the id of a {what}",
            fix="give each id as a string of its own, not a list that is known only at deployment",
        )


def tags(parameter: str, pairs: Mapping[str, str]) -> Iterator[Problem | None]:
    """Checks tags by the shapes ``TagList``, ``TagKey`` and ``TagValue``."""
    if len(pairs) > _MOST_TAGS:
        yield Problem(
            code="TooManyTags",
            parameter=parameter,
            rule=f"have at most {_MOST_TAGS} tags",
            value=len(pairs),
            fix="leave some out",
        )
    for key, value in pairs.items():
        for what, given, least, most in (("key", key, 1, 128), ("value", value, 0, 256)):
            if not _is_tag_text(given, least, most):
                yield Problem(
                    code="InvalidTag",
                    parameter=f"{parameter}[{key!r}]",
                    rule=f"have a {what} of {least} to {most} letters, digits, spaces and any of "
                    f"{_TAG_PUNCTUATION}",
                    value=given,
                    fix="remove the other characters",
                )


def _is_tag_text(value: object, least: int, most: int) -> bool:
    if checks.is_token(value):
        return True
    return (
        isinstance(value, str)
        and least <= len(value) <= most
        and all(
            character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LZN"
            for character in value
        )
    )
