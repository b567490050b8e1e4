"""What stands beside a step's arguments: name, dependencies, cache, retries, property files, outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.definition.validation.findings import problem, suggestion, wrong_type
from cdk_sagemaker_mlops.definition.validation.property_paths import processing_outputs
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

# StepName in the API, and in the published schema of definitions.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_DISPLAY_NAME = 256
_LONGEST_DESCRIPTION = 3072
_TRIGGERS = ("Completed", "Failed", "Stopped", "Any")
# ISO 8601; the SDK's documentation shows lower case, and hours without the leading P.
_DURATION = re.compile(r"P?(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", re.IGNORECASE)
# sagemaker/mlops/workflow/retry.py
_RETRY_RANGES = {
    "MaxAttempts": (1, 20),
    "ExpireAfterMin": (0, 14_400),
    "IntervalSeconds": (0, None),
    "BackoffRate": (0, None),
}
_EXCEPTION_TYPES = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
    "Emr.RESOURCE_LIMIT",
)
_OUTPUT_TYPES = ("String", "Integer", "Boolean", "Float")


def field_problems(step: StepRecord) -> Iterator[Problem]:
    """Yields what is wrong with a step outside its arguments."""
    yield from _name_problems(step)
    for path, trigger in _triggers(step):
        if trigger not in _TRIGGERS:
            yield problem(
                "InvalidValue",
                path,
                "be Completed, Failed, Stopped or Any",
                trigger,
                suggestion(str(trigger), _TRIGGERS, otherwise="use a TriggerCondition"),
            )
    yield from _cache_problems(step.content.get("CacheConfig"), f"{step.path}.CacheConfig")
    policies = step.content.get("RetryPolicies")
    for index, policy in enumerate(policies if isinstance(policies, list) else ()):
        yield from _retry_problems(policy, f"{step.path}.RetryPolicies[{index}]")
    yield from _property_file_problems(step)
    yield from _output_problems(step)


def _name_problems(step: StepRecord) -> Iterator[Problem]:
    if _NAME.fullmatch(step.name) is None:
        yield problem(
            "InvalidStepName",
            f"{step.path}.Name",
            "be 1 to 64 letters, digits, '-' and '_'",
            step.content.get("Name"),
            "rename the step; what reads well in the console goes into display_name",
        )
    for field, longest in (("DisplayName", _LONGEST_DISPLAY_NAME), ("Description", _LONGEST_DESCRIPTION)):
        text = step.content.get(field)
        if isinstance(text, str) and len(text) > longest:
            yield problem(
                "TooLong", f"{step.path}.{field}", f"have at most {longest} characters", text, "shorten it"
            )


def _triggers(step: StepRecord) -> Iterator[tuple[str, object]]:
    entries = step.content.get("DependsOn")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and "Trigger" in entry:
            yield f"{step.path}.DependsOn[{index}].Trigger", entry["Trigger"]


def _cache_problems(cache: Any, path: str) -> Iterator[Problem]:
    if not isinstance(cache, dict):
        return
    if not isinstance(cache.get("Enabled"), bool):
        yield wrong_type(f"{path}.Enabled", "true or false", cache.get("Enabled"))
    expire_after = cache.get("ExpireAfter")
    if expire_after is not None and (
        not isinstance(expire_after, str) or _DURATION.fullmatch(expire_after) is None
    ):
        yield problem(
            "InvalidDuration",
            f"{path}.ExpireAfter",
            "be an ISO 8601 duration",
            expire_after,
            "write it as 'P30D' or 'PT12H'",
        )


def _retry_problems(policy: Any, path: str) -> Iterator[Problem]:
    if not isinstance(policy, dict):
        yield wrong_type(path, "an object", policy)
        return
    for name, (low, high) in _RETRY_RANGES.items():
        value = policy.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield wrong_type(f"{path}.{name}", "a number", value)
        elif value < low or (high is not None and value > high):
            rule = f"be at least {low}" if high is None else f"be {low} to {high}"
            yield problem("OutOfRange", f"{path}.{name}", rule, value, "choose a value in that range")
    kinds = policy.get("ExceptionType")
    for index, kind in enumerate(kinds if isinstance(kinds, list) else ()):
        if kind not in _EXCEPTION_TYPES:
            yield problem(
                "InvalidValue",
                f"{path}.ExceptionType[{index}]",
                "be an exception that SageMaker retries",
                kind,
                suggestion(str(kind), _EXCEPTION_TYPES, otherwise="use one of these"),
            )


def _property_file_problems(step: StepRecord) -> Iterator[Problem]:
    files, outputs = step.content.get("PropertyFiles"), processing_outputs(step)
    for index, file in enumerate(files if isinstance(files, list) else ()):
        name = file.get("OutputName") if isinstance(file, dict) else None
        if isinstance(name, str) and outputs is not None and name not in outputs:
            yield problem(
                "UnknownOutput",
                f"{step.path}.PropertyFiles[{index}].OutputName",
                "name an output of the step",
                name,
                suggestion(name, outputs, otherwise="declare the output, or name a declared one"),
            )


def _output_problems(step: StepRecord) -> Iterator[Problem]:
    outputs = step.content.get("OutputParameters")
    seen: set[object] = set()
    for index, output in enumerate(outputs if isinstance(outputs, list) else ()):
        path = f"{step.path}.OutputParameters[{index}]"
        name, kind = (
            (output.get("OutputName"), output.get("OutputType")) if isinstance(output, dict) else (0, 0)
        )
        if not isinstance(name, str):
            yield wrong_type(f"{path}.OutputName", "a string", name)
        elif name in seen:
            yield problem("DuplicateOutput", f"{path}.OutputName", "be unique in its step", name, "rename it")
        seen.add(str(name))
        if kind not in _OUTPUT_TYPES:
            yield problem(
                "InvalidValue",
                f"{path}.OutputType",
                "be String, Integer, Boolean or Float",
                kind,
                suggestion(str(kind), _OUTPUT_TYPES, otherwise="use one of them"),
            )
