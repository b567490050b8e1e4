"""Clarify's reports on data and models, which may be part of the built-in pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

Value = str | int | float


@dataclass(frozen=True, kw_only=True)
class BiasCheck:
    """Measures bias in the training data before anything is trained on it.

    CheckBias reads what Preprocess writes to ``train``, as CSV; Train waits for it. The report is registered
    with the model, and is the baseline of later executions.

    Args:
        label: Column that the model predicts: its header, or its index if there are no headers.
        label_values_or_threshold: Values of the label that are the good outcome; for numbers, one threshold.
        facet_name: Column of the group that may be treated worse.
        facet_values_or_threshold: Values of that column that make up the group; for numbers, one threshold.
        headers: Names of all columns, if the files do not start with them. Default: none.
        check_drift: End the execution if the data is more biased than that of the latest approved model
            package, which must then have a report. Default: ``False``.
        instance_type: Instance type. Default: ``"ml.m5.xlarge"``.

    Raises:
        ValidationError: A value is empty or has a wrong shape.
        TypeError: Values or headers are not given as a list or tuple.
    """

    label: str | int
    label_values_or_threshold: Sequence[Value]
    facet_name: str | int
    facet_values_or_threshold: Sequence[Value]
    headers: Sequence[str] = field(default_factory=tuple)
    check_drift: bool = False
    instance_type: str = "ml.m5.xlarge"

    def __post_init__(self) -> None:
        checks.argument_type("bias_check.label", self.label, (str, int))
        checks.argument_type("bias_check.facet_name", self.facet_name, (str, int))
        checks.argument_type("bias_check.headers", self.headers, (list, tuple))
        values = {
            "bias_check.label_values_or_threshold": self.label_values_or_threshold,
            "bias_check.facet_values_or_threshold": self.facet_values_or_threshold,
        }
        for parameter, given in values.items():
            checks.argument_type(parameter, given, (list, tuple))
        checks.raise_problems(
            [
                *(_empty(parameter, given) for parameter, given in values.items()),
                _unknown_column("bias_check.label", self.label, self.headers),
                _unknown_column("bias_check.facet_name", self.facet_name, self.headers),
                stage_checks.boolean("bias_check.check_drift", self.check_drift),
                checks.instance_type("bias_check.instance_type", self.instance_type),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class ExplainabilityCheck:
    """Measures how much each feature counts in the predictions of a model that passed the quality gate.

    CreateModel and CheckExplainability precede RegisterModel. Clarify reads what Preprocess writes to
    ``test``, as CSV, and asks the model on an endpoint that exists while the job runs. The report is
    registered with the model, and is the baseline of later executions.

    Args:
        label: Column that the model predicts: its header, or its index if there are no headers.
        headers: Names of all columns, if the files do not start with them. Default: none.
        num_samples: Predictions per explained row, at least 1; more are slower and more exact.
            Default: Clarify chooses.
        check_drift: End the execution if the features count differently from those of the latest approved
            model package, which must then have a report. Default: ``False``.
        instance_type: Instance type of the job and of the endpoint. Default: ``"ml.m5.xlarge"``.

    Raises:
        ValidationError: A value is out of its range or has a wrong shape.
        TypeError: ``headers`` is not a list or tuple.
    """

    label: str | int
    headers: Sequence[str] = field(default_factory=tuple)
    num_samples: int | None = None
    check_drift: bool = False
    instance_type: str = "ml.m5.xlarge"

    def __post_init__(self) -> None:
        checks.argument_type("explainability_check.label", self.label, (str, int))
        checks.argument_type("explainability_check.headers", self.headers, (list, tuple))
        checks.raise_problems(
            [
                _unknown_column("explainability_check.label", self.label, self.headers),
                stage_checks.whole_number(
                    "explainability_check.num_samples",
                    self.num_samples,
                    1,
                    None,
                    code="InvalidSampleCount",
                    unit="samples",
                    fix="leave it out to let Clarify choose",
                ),
                stage_checks.boolean("explainability_check.check_drift", self.check_drift),
                checks.instance_type("explainability_check.instance_type", self.instance_type),
            ]
        )


def _empty(parameter: str, given: Sequence[Value]) -> Problem | None:
    if given:
        return None
    return Problem(
        code="NoValues",
        parameter=parameter,
        rule="have at least one value",
        value=given,
        fix="give the values that count, or one threshold",
    )


def _unknown_column(parameter: str, column: str | int, headers: Sequence[str]) -> Problem | None:
    if not headers or not isinstance(column, str) or column in headers:
        return None
    return Problem(
        code="UnknownColumn",
        parameter=parameter,
        rule="be one of headers",
        value=column,
        fix=f"use one of {', '.join(map(repr, headers))}",
    )
