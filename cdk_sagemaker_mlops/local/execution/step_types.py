"""Runs one step, whatever its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.execution.conditions import ConditionError, evaluate_all
from cdk_sagemaker_mlops.local.execution.control_plane_steps import create_model, register_model
from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError, StepFailedError
from cdk_sagemaker_mlops.local.execution.graph import EMULATED_TYPES
from cdk_sagemaker_mlops.local.execution.processing_job import run_processing
from cdk_sagemaker_mlops.local.execution.references import Scope, UnresolvedReferenceError, as_text, resolve
from cdk_sagemaker_mlops.local.execution.step_context import StepContext, StepResult
from cdk_sagemaker_mlops.local.execution.training_job import run_training

_RUNNERS: dict[str, Callable[[dict[str, Any], StepContext], StepResult]] = {
    "Model": create_model,
    "Processing": run_processing,
    "RegisterModel": register_model,
    "Training": run_training,
}


def run_step(context: StepContext, scope: Scope) -> StepResult:
    """Runs a step to its end.

    Args:
        context: The step and its surroundings.
        scope: What its references resolve from.

    Raises:
        StepFailedError: It failed; a Fail step always does.
        StepStoppedError: The execution was stopped.
    """
    step = context.step
    if step.type not in EMULATED_TYPES:
        raise RefusedStepError(
            f"steps of type {step.type!r} are not emulated locally; "
            f"use one of {', '.join(EMULATED_TYPES)}, or run this pipeline on AWS"
        )
    try:
        return _run_emulated(context, scope)
    except (ConditionError, UnresolvedReferenceError) as error:
        raise RefusedStepError(str(error)) from error
    except KeyError as error:
        # The definition was not made by the SDK, or by an older one: name what is missing instead of
        # crashing.
        raise RefusedStepError(f"the arguments of step {step.name!r} must have {error}; add it") from error


def _run_emulated(context: StepContext, scope: Scope) -> StepResult:
    step = context.step
    arguments = step.definition.get("Arguments", {})
    if step.type == "Condition":
        return _decide(arguments.get("Conditions", []), scope)
    resolved = resolve(arguments, scope)
    if step.type == "Fail":
        message = as_text(resolved.get("ErrorMessage", ""))
        context.announce({"Fail": {"ErrorMessage": message}})
        raise StepFailedError(message)
    return _RUNNERS[step.type](resolved, context)


def _decide(conditions: list[dict[str, Any]], scope: Scope) -> StepResult:
    outcome = evaluate_all(conditions, lambda value: resolve(value, scope))
    return StepResult(
        properties={"Outcome": str(outcome)},
        metadata={"Condition": {"Outcome": str(outcome)}},
        outcome=outcome,
    )
