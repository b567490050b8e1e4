"""Length, pattern and enum of a string, by the service's model."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.validation.findings import problem, suggestion
from cdk_sagemaker_mlops.definition.validation.service_model import Shape
from cdk_sagemaker_mlops.errors import Problem

# Lists of hardware, images and algorithms grow between releases of botocore: the service's is newer.
_AGEING_ENUMS = (
    "InstanceType",
    "AcceleratorType",
    "AmiVersion",
    "AutoMLAlgorithm",
    "CustomizationTechnique",
    "EvaluationType",
    "JobCategory",
)
# A class of characters of Java's in Python's dialect.
_JAVA_CLASSES = {r"\p{Alnum}": "a-zA-Z0-9"}


def text_problems(shape_name: str, shape: Shape, value: str, path: str) -> Iterator[Problem]:
    """Yields what the service would refuse in a string.

    A string with a placeholder in it passes: its real text is known only at deployment.
    """
    if placeholders.is_in(value):
        return
    length = _length_problem(shape, value, path)
    if length is not None:
        yield length
        return
    allowed = shape.get("enum")
    if allowed is not None:
        if value not in allowed and not any(kind in shape_name for kind in _AGEING_ENUMS):
            yield problem(
                "InvalidValue",
                path,
                f"be one of SageMaker's {shape_name} values",
                value,
                suggestion(value, allowed, otherwise="choose one of them"),
            )
        return
    pattern = _compiled(shape["pattern"]) if "pattern" in shape else None
    if pattern is not None and pattern.fullmatch(value) is None:
        yield problem(
            "PatternMismatch",
            path,
            f"match {shape['pattern']}",
            value,
            f"write it as the service's {shape_name} is written",
        )


def _length_problem(shape: Shape, value: str, path: str) -> Problem | None:
    low, high = shape.get("min", 0), shape.get("max")
    if high is not None and len(value) > high:
        rule = f"have at most {high} characters, not {len(value)}"
        return problem("TooLong", path, rule, value, "shorten it")
    if len(value) < low:
        return problem("TooShort", path, f"have at least {low} characters", value, "write it in full")
    return None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Returns the service's pattern, which is Java's, or ``None`` where Python cannot express it."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None
