"""Compares a value of a definition with a shape of the service's model, member by member."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.definition.validation import expressions
from cdk_sagemaker_mlops.definition.validation.findings import (
    member_path,
    problem,
    suggestion,
    wrong_type,
)
from cdk_sagemaker_mlops.definition.validation.service_model import Shape, Shapes
from cdk_sagemaker_mlops.definition.validation.text_rules import text_problems
from cdk_sagemaker_mlops.errors import Problem

_KINDS = {
    "string": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
    "boolean": "Boolean",
}
_NUMBERS = frozenset({"Integer", "Float"})


@dataclass(frozen=True, kw_only=True)
class ShapeCheck:
    """Checks values against the shapes of one service.

    Args:
        shapes: The service's shapes by name.
        parameter_types: Type of each of the pipeline's parameters, by name.
    """

    shapes: Shapes
    parameter_types: Mapping[str, str]

    def problems(self, shape_name: str, value: object, path: str) -> Iterator[Problem]:
        """Yields what the service would refuse in ``value``; ``None`` is as good as absent."""
        shape = self.shapes[shape_name]
        if value is None:
            return
        if expressions.is_expression(value) and isinstance(value, dict):
            yield from self._expression_problems(shape, value, path)
            return
        check = _CHECKS.get(shape["type"])
        if check is not None:
            yield from check(self, shape_name, shape, value, path)

    def structure_problems(
        self,
        shape_name: str,
        value: object,
        path: str,
        *,
        not_required: Collection[str] = (),
        also_allowed: Collection[str] = (),
    ) -> Iterator[Problem]:
        """Yields the problems of an object.

        Args:
            shape_name: Name of the object's shape.
            value: The object.
            path: Its path.
            not_required: Members that need not be given although the model says so. Default: ``()``.
            also_allowed: Members that may be given although the model has none. Default: ``()``.
        """
        if not isinstance(value, dict):
            yield wrong_type(path, "an object", value)
            return
        members = self.shapes[shape_name]["members"]
        for name, item in value.items():
            if name in members:
                yield from self.problems(members[name]["shape"], item, member_path(path, name))
            elif name not in also_allowed:
                yield problem(
                    "UnknownMember",
                    member_path(path, name),
                    f"be a member that SageMaker's {shape_name} has",
                    item,
                    suggestion(name, members, otherwise="leave it out, or use one of its members"),
                )
        for name in self.shapes[shape_name].get("required", ()):
            if value.get(name) is None and name not in not_required:
                yield problem("MissingMember", member_path(path, name), "be given", None, f"add {name!r}")

    def _expression_problems(self, shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[Problem]:
        given = expressions.static_type(value, self.parameter_types)
        if given is None or shape["type"] == "timestamp":
            return
        wanted = _KINDS.get(shape["type"])
        if wanted is None:
            yield wrong_type(path, f"a {shape['type']}", dict(value), fix=f"give a {shape['type']} itself")
        elif given != wanted and not {given, wanted} <= _NUMBERS:
            fix = (
                "convert it with .to_string() or a Join"
                if wanted == "String"
                else f"declare it as a Parameter{wanted}"
            )
            yield wrong_type(path, f"of type {wanted}, not {given}", dict(value), fix=fix)


_Check = Callable[[ShapeCheck, str, Shape, Any, str], Iterator[Problem]]


def _structure(check: ShapeCheck, shape_name: str, _shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    yield from check.structure_problems(shape_name, value, path)


def _list(check: ShapeCheck, _shape_name: str, shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield wrong_type(path, "a list", value)
        return
    yield from _size_problems(shape, len(value), path, what="items")
    for index, item in enumerate(value):
        yield from check.problems(shape["member"]["shape"], item, f"{path}[{index}]")


def _map(check: ShapeCheck, _shape_name: str, shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type(path, "an object", value)
        return
    yield from _size_problems(shape, len(value), path, what="entries")
    for key, item in value.items():
        yield from check.problems(shape["key"]["shape"], key, member_path(path, key))
        yield from check.problems(shape["value"]["shape"], item, member_path(path, key))


def _string(_check: ShapeCheck, shape_name: str, shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from text_problems(shape_name, shape, value, path)
    else:
        yield wrong_type(path, "a string", value)


def _integer(_check: ShapeCheck, _shape_name: str, shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        yield wrong_type(path, "an integer", value)
    else:
        yield from _range_problems(shape, value, path)


def _number(_check: ShapeCheck, _shape_name: str, shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield wrong_type(path, "a number", value)
    else:
        yield from _range_problems(shape, value, path)


def _boolean(_check: ShapeCheck, _shape_name: str, _shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield wrong_type(path, "true or false", value)


def _range_problems(shape: Shape, value: float, path: str) -> Iterator[Problem]:
    low, high = shape.get("min"), shape.get("max")
    if low is not None and value < low:
        yield problem("OutOfRange", path, f"be at least {low}", value, "raise it")
    if high is not None and value > high:
        yield problem("OutOfRange", path, f"be at most {high}", value, "lower it")


def _size_problems(shape: Shape, size: int, path: str, *, what: str) -> Iterator[Problem]:
    low, high = shape.get("min", 0), shape.get("max")
    if high is not None and size > high:
        yield problem("TooManyItems", path, f"have at most {high} {what}", size, "take some out")
    if size < low:
        yield problem("TooFewItems", path, f"have at least {low} {what}", size, "add some, or leave it out")


_CHECKS: Mapping[str, _Check] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
