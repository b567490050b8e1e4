"""QualityGate: registers a model that is good enough, and fails for one that is not."""

from __future__ import annotations

from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.steps import ProcessingStep, Step

from cdk_sagemaker_mlops.config.quality_gate import METRIC_GROUPS
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings
from cdk_sagemaker_mlops.definition.standard.parameters import Parameters


def quality_gate_step(
    settings: JobSettings,
    parameters: Parameters,
    *,
    evaluate: ProcessingStep,
    evaluation: PropertyFile,
    passed: list[Step],
) -> ConditionStep:
    """Returns the step that compares the evaluation with the threshold and runs ``passed``, or Fail."""
    group, metric = METRIC_GROUPS[settings.config.problem_type], settings.config.metric_name
    value = JsonGet(step_name=evaluate.name, property_file=evaluation, json_path=f"{group}.{metric}.value")
    maximize = settings.config.metric_objective == "Maximize"
    condition = ConditionGreaterThanOrEqualTo if maximize else ConditionLessThanOrEqualTo
    comparison = "below" if maximize else "above"
    fail = FailStep(
        name="Fail",
        error_message=Join(
            on=" ",
            values=[f"{metric} is", value, f"which is {comparison} the threshold", parameters.threshold],
        ),
    )
    return ConditionStep(
        name="QualityGate",
        conditions=[condition(left=value, right=parameters.threshold)],
        if_steps=passed,
        else_steps=[fail],
    )
