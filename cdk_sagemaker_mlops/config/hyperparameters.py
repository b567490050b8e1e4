"""The training script's hyperparameters, and the pipeline parameters they become."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

HyperparameterValue = str | int | float | bool


def parameter_name(hyperparameter: str) -> str:
    """Returns the pipeline parameter of a hyperparameter: ``max_iter`` becomes ``MaxIter``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", hyperparameter))


def hyperparameter_problems(
    hyperparameters: Mapping[str, HyperparameterValue], *, reserved: Collection[str], tuned: Collection[str]
) -> Iterator[Problem | None]:
    """Checks names and values.

    Args:
        hyperparameters: Name to value.
        reserved: Names of the parameters that the pipeline has anyway.
        tuned: Hyperparameters that are searched for.
    """
    taken = {name: name for name in reserved}
    for name, value in hyperparameters.items():
        path = f"hyperparameters[{name!r}]"
        yield checks.matches(
            path,
            str(name),
            r"[A-Za-z][A-Za-z0-9_-]{0,255}",
            code="InvalidHyperparameterName",
            rule="have a name of letters, digits, '_' and '-' that starts with a letter",
            fix="rename it here and in the training script",
        )
        yield _value_problem(path, value)
        clash = taken.setdefault(parameter_name(str(name)), str(name))
        if clash != name:
            yield Problem(
                code="HyperparameterNameTaken",
                parameter=path,
                rule="become a pipeline parameter of its own",
                value=parameter_name(str(name)),
                fix=f"rename it: {clash!r} has that parameter already",
            )
        if name in tuned:
            yield Problem(
                code="HyperparameterIsTuned",
                parameter=path,
                rule="be left out while tuning searches for it",
                value=value,
                fix="remove it here, or from tuning.hyperparameter_ranges",
            )


def _value_problem(path: str, value: object) -> Problem | None:
    if isinstance(value, str | int | float) and not (isinstance(value, float) and not math.isfinite(value)):
        return None
    return Problem(
        code="InvalidHyperparameterValue",
        parameter=path,
        rule="be a string, a finite number or a bool",
        value=value,
        fix="pass structured values as a JSON string",
    )
