"""Words what a step does, in a few words: the line below its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_mlops.definition.validation.expressions import GET, JOIN, JSON_GET, is_expression
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord

_SIGNS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": "≥",
    "LessThan": "<",
    "LessThanOrEqualTo": "≤",
}
# Step type to where its arguments say what it works with.
_PATHS: Mapping[str, tuple[str, ...]] = {
    "Processing": ("ProcessingResources", "ClusterConfig"),
    "Training": ("ResourceConfig",),
    "Tuning": ("TrainingJobDefinition", "ResourceConfig"),
    "Transform": ("TransformResources",),
    "QualityCheck": ("ProcessingResources", "ClusterConfig"),
    "ClarifyCheck": ("ProcessingResources", "ClusterConfig"),
}
_NAMED_BY = {
    "RegisterModel": "ModelPackageGroupName",
    "Endpoint": "EndpointName",
    "EndpointConfig": "EndpointConfigName",
}
_PLAIN_LEAVES = frozenset({"value", "Value"})

Known = Mapping[str, str | None]


def parameter_text(value: object) -> str | None:
    """Words a parameter's value as SageMaker takes it; ``None`` stays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def step_detail(record: StepRecord, known: Known) -> str:
    """Words what a step works with; empty if that says nothing.

    Args:
        record: The step.
        known: Value of each parameter.
    """
    if record.type == "Condition":
        conditions = record.arguments.get("Conditions")
        parts = [_condition(each, known) for each in conditions] if isinstance(conditions, list) else []
        return " and ".join(parts)
    if record.type == "ForEach":
        items = record.arguments.get("IterableItems")
        return f"{len(items)} items" if isinstance(items, list) else _value(items, known)
    if record.type in _PATHS:
        return _resources(record, known)
    return _value(record.arguments.get(_NAMED_BY.get(record.type, "")), known)


def _resources(record: StepRecord, known: Known) -> str:
    found: Any = record.arguments
    for member in _PATHS[record.type]:
        found = found.get(member) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or "InstanceType" not in found:
        return ""
    kind = found["InstanceType"]
    # Here the value says more than the parameter's name.
    name = kind[GET].removeprefix("Parameters.") if is_expression(kind) and GET in kind else None
    shown = known.get(name) if name is not None else None
    count = found.get("InstanceCount", 1)
    text = _value(kind, known) if shown is None else shown
    return text if count == 1 else f"{_value(count, known)} x {text}"


def _condition(condition: object, known: Known) -> str:
    if not isinstance(condition, Mapping):
        return ""
    kind = condition.get("Type")
    if kind == "Not":
        return f"not ({_condition(condition.get('Expression', condition.get('Condition')), known)})"
    if kind == "Or":
        return " or ".join(_condition(each, known) for each in condition.get("Conditions") or ())
    if kind == "In":
        values = ", ".join(_value(each, known) for each in condition.get("Values") or ())
        return f"{_value(condition.get('QueryValue'), known)} in {values}"
    sign = _SIGNS.get(str(kind), str(kind))
    left, right = (_value(condition.get(side), known, both=True) for side in ("LeftValue", "RightValue"))
    return f"{left} {sign} {right}"


def _value(value: object, known: Known, *, both: bool = False) -> str:
    """Words a value; ``both`` shows a parameter's name and its value."""
    if not isinstance(value, Mapping):
        text = parameter_text(value)
        return "" if text is None else text
    if not is_expression(value):
        return "…"
    if JOIN in value:
        content = value[JOIN]
        return str(content.get("On", "")).join(_value(part, known) for part in content.get("Values") or ())
    if JSON_GET in value:
        return _leaf(_value(value[JSON_GET].get("Path"), known))
    target = str(value[GET])
    if not target.startswith("Parameters."):
        return _leaf(target)
    name = target.removeprefix("Parameters.")
    shown = known.get(name)
    return f"{name} ({shown})" if both and shown is not None else name


def _leaf(path: str) -> str:
    """The part of a path that says what it is: ``accuracy`` of ``regression_metrics.accuracy.value``."""
    parts = [part.strip("'\"]") for part in path.replace("[", ".").split(".")]
    return parts[-2] if len(parts) > 1 and parts[-1] in _PLAIN_LEAVES else parts[-1]
