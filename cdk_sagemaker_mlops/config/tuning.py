"""The search for hyperparameters that may take the place of a single training job."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

HyperparameterRange = tuple[int, int] | tuple[float, float] | list[str] | list[int] | list[float]
TuningStrategy = Literal["Bayesian", "Random", "Hyperband", "Grid"]
ScalingType = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]

# botocore's sagemaker model: HyperParameterTuningJobStrategyType, HyperParameterTuningJobObjectiveType,
# HyperParameterScalingType, TrainingJobEarlyStoppingType, MetricName, MetricRegex, ParameterKey,
# ParameterValue and ParameterValues.
_STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")
_OBJECTIVES = ("Maximize", "Minimize")
_SCALING_TYPES = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
_EARLY_STOPPING_TYPES = ("Off", "Auto")
_LONGEST_METRIC_NAME, _LONGEST_REGEX, _LONGEST_NAME, _LONGEST_VALUE = 255, 500, 256, 256
_MOST_VALUES = 30


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Searches for the hyperparameters whose model scores best; that model is evaluated and registered.

    The training script prints its score, and ``metric_regex`` finds it in the log. With
    ``print(f"validation_accuracy={score}")`` it is ``"validation_accuracy=([0-9.]+)"``.

    Args:
        metric_name: Name of the score, up to 255 characters.
        metric_regex: Regular expression with one group that is the score, up to 500 characters.
        hyperparameter_ranges: Name to what to try. A tuple ``(low, high)`` is a range, of whole numbers if
            both are ints; a list of 1 to 30 values is a choice. Hyperparameters that are not searched for
            stay in the pipeline's ``hyperparameters``.
        scaling_types: Name of a range to how it is searched: ``Auto``, ``Linear``, ``Logarithmic`` or
            ``ReverseLogarithmic``. Default: ``Auto`` for all.
        objective_type: ``Maximize`` or ``Minimize`` the score. Default: ``"Maximize"``.
        strategy: ``Bayesian``, ``Random``, ``Hyperband``, or ``Grid``, which tries every combination of
            choices. Default: ``"Bayesian"``.
        max_jobs: Training jobs in all, at least 1; ``Grid`` takes none of it. Default: ``10``.
        max_parallel_jobs: Training jobs at a time, at least 1. Default: ``2``.
        early_stopping_type: ``Auto`` ends training jobs that will not be the best, or ``Off``.
            Default: ``"Off"``.
        random_seed: Seed of the search, at least 0, so that it can be repeated. Default: none.

    Raises:
        ValidationError: A value is out of its range.
        TypeError: ``hyperparameter_ranges`` or ``scaling_types`` is not a mapping.
    """

    metric_name: str
    metric_regex: str
    hyperparameter_ranges: Mapping[str, HyperparameterRange]
    scaling_types: Mapping[str, ScalingType] = field(default_factory=dict)
    objective_type: Literal["Maximize", "Minimize"] = "Maximize"
    strategy: TuningStrategy = "Bayesian"
    max_jobs: int = 10
    max_parallel_jobs: int = 2
    early_stopping_type: Literal["Off", "Auto"] = "Off"
    random_seed: int | None = None

    def __post_init__(self) -> None:
        checks.argument_type("tuning.hyperparameter_ranges", self.hyperparameter_ranges, Mapping)
        checks.argument_type("tuning.scaling_types", self.scaling_types, Mapping)
        checks.raise_problems(
            [
                *self._metric_problems(),
                *self._range_problems(),
                *self._scaling_problems(),
                *self._choice_problems(),
                *self._number_problems(),
            ]
        )

    def _metric_problems(self) -> Iterator[Problem | None]:
        yield stage_checks.text(
            "tuning.metric_name",
            self.metric_name,
            _LONGEST_METRIC_NAME,
            code="InvalidMetricName",
            fix="name the score, such as 'validation_accuracy'",
        )
        yield stage_checks.text(
            "tuning.metric_regex",
            self.metric_regex,
            _LONGEST_REGEX,
            code="InvalidMetricRegex",
            fix="find the score in the log, such as 'validation_accuracy=([0-9.]+)'",
        )

    def _range_problems(self) -> Iterator[Problem | None]:
        if not self.hyperparameter_ranges:
            yield Problem(
                code="NothingToTune",
                parameter="tuning.hyperparameter_ranges",
                rule="have at least one hyperparameter",
                value=dict(self.hyperparameter_ranges),
                fix="add a range or a choice, or leave tuning out",
            )
        for name, given in self.hyperparameter_ranges.items():
            path = f"tuning.hyperparameter_ranges[{name!r}]"
            yield stage_checks.text(
                path, name, _LONGEST_NAME, code="InvalidHyperparameterName", fix="rename it"
            )
            if not (_is_range(given) or _is_choice(given)):
                yield Problem(
                    code="InvalidHyperparameterRange",
                    parameter=path,
                    rule=f"be a tuple (low, high) of finite numbers or a list of 1 to {_MOST_VALUES} values",
                    value=given,
                    fix="use (1, 10) for a range and ['a', 'b'] for a choice",
                )
            elif self.strategy == "Grid" and isinstance(given, tuple):
                yield Problem(
                    code="RangeOnGrid",
                    parameter=path,
                    rule="be a list of values with the strategy 'Grid'",
                    value=given,
                    fix="list the values to try, or use another strategy",
                )

    def _scaling_problems(self) -> Iterator[Problem | None]:
        for name, scaling in self.scaling_types.items():
            path = f"tuning.scaling_types[{name!r}]"
            yield checks.one_of(
                path,
                scaling,
                _SCALING_TYPES,
                code="InvalidScalingType",
                fix="use 'Logarithmic' for values that differ by factors",
            )
            if not isinstance(self.hyperparameter_ranges.get(name), tuple):
                yield Problem(
                    code="ScalingWithoutRange",
                    parameter=path,
                    rule="belong to a tuple (low, high) of hyperparameter_ranges",
                    value=name,
                    fix="remove it, or add the range",
                )

    def _choice_problems(self) -> Iterator[Problem | None]:
        for parameter, value, allowed, code, fix in (
            (
                "objective_type",
                self.objective_type,
                _OBJECTIVES,
                "InvalidObjectiveType",
                "say which is better",
            ),
            ("strategy", self.strategy, _STRATEGIES, "InvalidStrategy", "use 'Bayesian' if in doubt"),
            (
                "early_stopping_type",
                self.early_stopping_type,
                _EARLY_STOPPING_TYPES,
                "InvalidEarlyStopping",
                "use 'Auto' to save time",
            ),
        ):
            yield checks.one_of(f"tuning.{parameter}", value, allowed, code=code, fix=fix)

    def _number_problems(self) -> Iterator[Problem | None]:
        for parameter, value, least, unit in (
            ("max_jobs", self.max_jobs, 1, "jobs"),
            ("max_parallel_jobs", self.max_parallel_jobs, 1, "jobs"),
            ("random_seed", self.random_seed, 0, ""),
        ):
            yield stage_checks.whole_number(
                f"tuning.{parameter}",
                value,
                least,
                None,
                code="InvalidTuningLimit",
                unit=unit,
                fix="choose how long to search",
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_range(given: object) -> bool:
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and all(_is_number(limit) for limit in given)
        and given[0] <= given[1]
    )


def _is_choice(given: object) -> bool:
    return (
        isinstance(given, list)
        and 1 <= len(given) <= _MOST_VALUES
        and all(isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_VALUE for value in given)
    )
