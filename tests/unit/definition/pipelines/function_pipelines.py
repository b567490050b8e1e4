"""The ``@step`` decorator."""

from __future__ import annotations

from typing import Any

from catalogue import OTHER, shows
from sdk_objects import image, pipeline


@shows("@step", "Python functions, their results handed on, with requirements and parameters")
def decorated_functions(ctx: Any) -> Any:
    from sagemaker.core.workflow.parameters import ParameterInteger
    from sagemaker.mlops.workflow.function_step import step

    rows = ParameterInteger(name="Rows", default_value=10)
    options = {"role": ctx.role_arn, "image_uri": image(ctx), "instance_type": "ml.m5.large"}

    @step(name="Load", dependencies=str(OTHER / "requirements.txt"), **options)
    def load(count: int) -> list[int]:
        return list(range(count))

    @step(**options)
    def total(numbers: list[int], names: dict[str, int]) -> int:
        """Adds the numbers up."""
        return sum(numbers) + len([name for name in names if name in ("a", "b")])

    return pipeline(ctx, total(load(rows), {"b": 1, "a": 2}), parameters=[rows])


@shows("@step", "a result in a condition")
def decorated_function_in_a_condition(ctx: Any) -> Any:
    from sagemaker.core.workflow.conditions import ConditionGreaterThan
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.function_step import step

    @step(name="Measure", role=ctx.role_arn, image_uri=image(ctx), instance_type="ml.m5.large")
    def measure() -> float:
        return 0.5

    fail = FailStep(name="Fail", error_message="too low")
    gate = ConditionStep(
        name="Gate",
        conditions=[ConditionGreaterThan(left=measure(), right=0.4)],
        if_steps=[],
        else_steps=[fail],
    )
    return pipeline(ctx, gate)
