"""The steps of a finished definition, as the permissions of its execution role need them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack, Token

from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

ANY = "*"
_NESTED = ("IfSteps", "ElseSteps", "ForEachBody")


@dataclass(frozen=True, kw_only=True)
class DefinedSteps:
    """Every step of a definition, those inside of conditions and loops too.

    Attributes:
        stack: The pipeline's stack.
        steps: The steps.
        defaults: Parameter to its default, if that is a text.
        values: Placeholder to what stands in the template instead of it.
    """

    stack: Stack
    steps: tuple[dict[str, Any], ...]
    defaults: Mapping[str, str]
    values: Mapping[str, str]

    @classmethod
    def read(
        cls, definition: PipelineDefinition, stack: Stack, *, role_arn: str, bucket_name: str
    ) -> DefinedSteps:
        """Reads the steps of ``definition``."""
        document = json.loads(definition.document)
        return cls(
            stack=stack,
            steps=tuple(_steps(document["Steps"])),
            defaults={
                f"Parameters.{parameter['Name']}": default
                for parameter in document.get("Parameters", [])
                if isinstance(default := parameter.get("DefaultValue"), str)
            },
            values={
                placeholders.ROLE_ARN: role_arn,
                placeholders.BUCKET: bucket_name,
                placeholders.REGION: stack.region,
                placeholders.ACCOUNT_ID: stack.account,
                **{name: Token.as_string(token) for name, token in definition.tokens.items()},
            },
        )

    def of(self, *types: str) -> list[dict[str, Any]]:
        """Returns the steps of these types."""
        return [step for step in self.steps if step["Type"] in types]

    def text(self, value: object) -> str:
        """Returns a value for use in an ARN: a value that only an execution knows is any."""
        if not isinstance(value, str):
            return ANY
        for placeholder, text in self.values.items():
            value = value.replace(placeholder, text)
        return value

    def texts(self, values: Iterable[object]) -> list[str]:
        """Returns the different :meth:`text` of ``values``, sorted."""
        return sorted({self.text(value) for value in values if value is not None})

    def members(self, *names: str) -> Iterator[Any]:
        """Yields the values of these members, wherever they are in the steps' arguments."""
        for step in self.steps:
            yield from _members(step.get("Arguments", {}), names)

    def texts_in_steps(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yields every text in the steps, with the names of the members that lead to it.

        For a reference to a parameter, it is the parameter's default.
        """
        for step in self.steps:
            yield from self._texts(step, ())

    def _texts(self, value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            for inner in value:
                yield from self._texts(inner, path)
        elif isinstance(value, dict):
            if isinstance(value.get("Get"), str):
                yield path, self.defaults.get(value["Get"], "")
                return
            for name, inner in value.items():
                if name not in _NESTED:  # their steps are visited by themselves
                    yield from self._texts(inner, (*path, name))


def _steps(steps: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        for nested in _NESTED:
            inner = step.get("Arguments", {}).get(nested)
            if isinstance(inner, list):
                yield from _steps(inner)


def _members(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in names:
                yield inner
            elif name not in _NESTED:  # their steps are visited by themselves
                yield from _members(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, names)
