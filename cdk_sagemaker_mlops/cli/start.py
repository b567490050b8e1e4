"""`cdk-mlops start`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.steps import watch
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState, start_execution
from cdk_sagemaker_mlops.deployed.pipeline_parameters import (
    check_values,
    pipeline_parameters,
    split_assignments,
)

_LEFT_RUNNING = "Interrupted: the execution goes on; cdk-mlops status shows it"


def start(where: Where, *, assignments: Sequence[str], wait: bool, json: bool, verbose: bool) -> int:
    """Starts an execution.

    Args:
        where: Which pipeline.
        assignments: Values of its parameters, such as ``MaxIter=200``.
        wait: Whether to follow it to its end.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        given = split_assignments(assignments)
        name = operation.pipeline.pipeline_name
        check_values(pipeline_parameters(operation.sagemaker, name), given)
        arn = start_execution(operation.sagemaker, name, given)
        operation.answer["pipeline_execution"] = {"arn": arn, "status": "Executing"}
        if not wait:
            operation.show(Text(f"Started {arn}"), Text("Follow it with: cdk-mlops status, cdk-mlops logs"))
            return
        _show_end(operation, watch(operation, arn))

    return operate(body, where, json=json, verbose=verbose, interrupted=_LEFT_RUNNING if wait else None)


def _show_end(operation: Operation, state: ExecutionState) -> None:
    operation.show(Text(f"Succeeded {state.arn}"))
    packages = [
        step.metadata["RegisterModel"]["Arn"] for step in state.steps if "RegisterModel" in step.metadata
    ]
    for arn in packages:
        version = str(arn).rsplit("/", 1)[1]
        operation.show(Text(f"Registered version {version}. Approve it with: cdk-mlops approve {version}"))
    operation.answer["model_packages"] = packages
