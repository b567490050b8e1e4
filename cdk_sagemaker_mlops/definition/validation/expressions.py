"""What stands in a definition for values of an execution: ``Get``, ``Std:Join``, ``Std:JsonGet``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.definition.validation.findings import member_path

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
_FUNCTIONS = frozenset({JOIN, JSON_GET})
_NESTED_STEPS = frozenset({"IfSteps", "ElseSteps", "ForEachBody"})


@dataclass(frozen=True)
class Reference:
    """One ``Get``: where it stands, and what it names, such as ``Parameters.Depth``."""

    path: str
    target: str

    @property
    def namespace(self) -> str:
        """The part before the first dot: ``Parameters``, ``Steps``, ``Execution``..."""
        return self.target.partition(".")[0]

    @property
    def rest(self) -> str:
        """What follows the first dot."""
        return self.target.partition(".")[2]


def is_expression(value: object) -> bool:
    """Tells whether ``value`` is an expression rather than an object that happens to have one member."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, content),) = value.items()
    if name == GET:
        return isinstance(content, str)
    return name in _FUNCTIONS and isinstance(content, dict)


def static_type(value: Mapping[str, Any], parameter_types: Mapping[str, str]) -> str | None:
    """Returns the type that an expression surely has: a parameter's type name, or ``None`` if it is open."""
    if JOIN in value:
        return "String"
    target = value.get(GET)
    if isinstance(target, str) and target.startswith("Parameters."):
        return parameter_types.get(target.removeprefix("Parameters."))
    return None


def references(value: object, path: str) -> Iterator[Reference]:
    """Yields every ``Get`` in ``value``, those of nested steps left out: they are steps of their own."""
    if isinstance(value, dict):
        if is_expression(value) and GET in value:
            yield Reference(path, value[GET])
            return
        for name, content in value.items():
            if name not in _NESTED_STEPS:
                yield from references(content, member_path(path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, f"{path}[{index}]")


def json_gets(value: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields (path, content) of every ``Std:JsonGet`` in ``value``, those of nested steps left out."""
    if isinstance(value, dict):
        content = value.get(JSON_GET)
        if is_expression(value) and isinstance(content, dict):
            yield path, content
        for name, item in value.items():
            if name not in _NESTED_STEPS:
                yield from json_gets(item, member_path(path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from json_gets(item, f"{path}[{index}]")
