"""The errors this library raises, and the one function that words them.

::

    MlopsError
    ├── ValidationError (also a ValueError)   an argument is wrong; nothing was created
    ├── DefinitionError                       a pipeline definition cannot be built, or is not valid
    ├── OperationError                        what is deployed, or AWS, could not do what was asked
    └── LocalRunError                         the local engine, or the app on it, could not do what was asked

Every error carries one or more :class:`Problem`; its text has one line for each::

    InvalidInstanceType: training_instance_type must start with 'ml.', got 'm5.large'; use a SageMaker \
instance type such as 'ml.m5.large' (at Churn/Mlops)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, and what to do about it.

    Args:
        code: PascalCase name of the kind of problem, stable across releases, such as ``InvalidInstanceType``.
        parameter: Path of the parameter as the user writes it, such as ``endpoint.memory_size_in_mb``.
        rule: What the value must be, worded to follow "must".
        value: The value that was given; shown by its ``repr``.
        fix: What to do, as an imperative sentence without a full stop.
    """

    code: str
    parameter: str
    rule: str
    value: object
    fix: str

    def __str__(self) -> str:
        return f"{self.code}: {self.parameter} must {self.rule}, got {self.value!r}; {self.fix}"


class MlopsError(Exception):
    """Root of every error that this library raises.

    Args:
        *problems: What is wrong, at least one.
        at: Path of the construct or step concerned. Default: none is named.
    """

    def __init__(self, *problems: Problem, at: str | None = None) -> None:
        self.problems = problems
        self.at = at
        suffix = "" if at is None else f" (at {at})"
        super().__init__("\n".join(f"{problem}{suffix}" for problem in problems))

    @property
    def code(self) -> str:
        """Code of the first problem."""
        return self.problems[0].code


class ValidationError(MlopsError, ValueError):
    """An argument is wrong. Raised before anything is defined or created."""


class DefinitionError(MlopsError):
    """A pipeline definition cannot be built without AWS, or SageMaker would refuse it."""


class OperationError(MlopsError):
    """What is deployed, on AWS or on the local engine, could not do what was asked."""


class LocalRunError(MlopsError):
    """The local engine, or an app running on it, could not do what was asked."""
