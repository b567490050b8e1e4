"""The steps of a definition, nested ones included, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.definition.validation import expressions
from cdk_sagemaker_mlops.definition.validation.expressions import Reference

_NESTED_IN = {"Condition": ("IfSteps", "ElseSteps"), "ForEach": ("ForEachBody",)}
# Not references: a step's own words, which may have any content.
_WITHOUT_REFERENCES = frozenset({"Name", "Type", "DisplayName", "Description", "DependsOn"})


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One step.

    Attributes:
        path: Its path, such as ``pipeline.steps[Train]``.
        content: The step as the SDK wrote it.
        parent: The condition or loop that it is nested in.
    """

    path: str
    content: Mapping[str, Any]
    parent: StepRecord | None = None

    @property
    def name(self) -> str:
        """Its name; empty if it has none."""
        name = self.content.get("Name")
        return name if isinstance(name, str) else ""

    @property
    def type(self) -> str:
        """Its type as SageMaker names it, such as ``Training``."""
        return str(self.content.get("Type"))

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Its arguments; empty if it has none."""
        arguments = self.content.get("Arguments")
        return arguments if isinstance(arguments, dict) else {}

    def within(self, step_type: str) -> StepRecord | None:
        """Returns the innermost step of that type that this one is nested in."""
        outer = self.parent
        while outer is not None and outer.type != step_type:
            outer = outer.parent
        return outer

    def references(self) -> Iterator[Reference]:
        """Yields each ``Get`` of this step, those of steps nested in it left out."""
        for field, value in self.content.items():
            if field not in _WITHOUT_REFERENCES:
                yield from expressions.references(value, f"{self.path}.{field}")

    def dependencies(self) -> Iterator[tuple[str, str]]:
        """Yields (path, step name) of each entry of ``DependsOn``."""
        entries = self.content.get("DependsOn")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            # With a run condition an entry is {"Step": name, "Trigger": when}.
            name = entry.get("Step") if isinstance(entry, dict) else entry
            if isinstance(name, str):
                yield f"{self.path}.DependsOn[{index}]", name


def step_records(steps: object, parent: StepRecord | None = None) -> Iterator[StepRecord]:
    """Yields every step in ``steps`` and below."""
    for index, content in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(content, dict):
            continue
        record = StepRecord(
            path=f"pipeline.steps[{content.get('Name') or index}]", content=content, parent=parent
        )
        yield record
        for field in _NESTED_IN.get(record.type, ()):
            yield from step_records(record.arguments.get(field), record)
