"""The services' own request and response shapes, from botocore's service models.

The same model that boto3 sends requests by: a request is checked against it as the service would, and an
answer is a record cut down to the members that the operation's output has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.local.engine.api_error import invalid

# Longer values are documents; some of their patterns take exponential time to fail.
_LONGEST_MATCHED = 2048


@functools.cache
def service_model(service: str = "sagemaker") -> ServiceModel:
    """Model of a service. Default: the SageMaker control plane."""
    return botocore.session.get_session().get_service_model(service)


def operation_model(operation: str, service: str = "sagemaker") -> OperationModel:
    """Model of one operation, such as ``CreateModel``."""
    return service_model(service).operation_model(operation)


def check_request(operation: str, params: dict[str, Any], service: str = "sagemaker") -> None:
    """Checks a request as the service does: types, members, lengths, ranges, patterns, enumerations.

    Args:
        operation: Name of the operation.
        params: The request.
        service: Name of the service's model. Default: ``'sagemaker'``.

    Raises:
        ApiError: ``ValidationException`` that lists every violation.
    """
    shape = operation_model(operation, service).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise invalid(report.generate_report())
    violations = list(_violations(shape, params, ""))
    if violations:
        plural = "error" if len(violations) == 1 else "errors"
        raise invalid(f"{len(violations)} validation {plural} detected: {'; '.join(violations)}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from _violations(shape.members[name], member, _member_path(path, name))
    elif isinstance(shape, ListShape):
        yield from _bound_violations(shape, value, path, len(value), "have length")
        for index, item in enumerate(value, start=1):
            yield from _violations(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _violations(shape.value, item, f"{path}.{key}.member")
    elif shape.type_name == "string":
        yield from _bound_violations(shape, value, path, len(value), "have length")
        yield from _text_violations(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _bound_violations(shape, value, path, value, "have value")


def _member_path(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _refusal(value: Any, path: str, rule: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {rule}"


def _bound_violations(shape: Shape, value: Any, path: str, measure: float, word: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and measure < low:
        yield _refusal(value, path, f"{word} greater than or equal to {low}")
    if high is not None and measure > high:
        yield _refusal(value, path, f"{word} less than or equal to {high}")


def _text_violations(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _refusal(value, path, f"satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and len(value) <= _LONGEST_MATCHED and not _compiled(pattern).fullmatch(value):
        yield _refusal(value, path, f"satisfy regular expression pattern: {pattern}")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        # Written for Java's engine, with classes Python has not: such a pattern is not checked.
        return re.compile(".*", re.DOTALL)


def cut(shape: Shape | None, value: Any) -> Any:
    """Copies ``value`` without members that ``shape`` does not have, and without those that are ``None``."""
    if shape is None:
        return {}
    if isinstance(shape, StructureShape):
        return {
            name: cut(shape.members[name], item)
            for name, item in value.items()
            if item is not None and name in shape.members
        }
    if isinstance(shape, ListShape):
        return [cut(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: cut(shape.value, item) for key, item in value.items()}
    return value


def answer(operation: str, record: dict[str, Any], service: str = "sagemaker") -> dict[str, Any]:
    """The response of ``operation`` that a record amounts to."""
    cut_record: dict[str, Any] = cut(operation_model(operation, service).output_shape, record)
    return cut_record
