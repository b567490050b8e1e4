"""Checks each step's arguments against the request of the API operation that the step becomes.

Steps that become no operation (condition, loop, failure, Lambda, callback, cleanup) are checked by what the
SDK's step class writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.definition.validation import expressions
from cdk_sagemaker_mlops.definition.validation.condition_check import (
    condition_step_problems,
    loop_step_problems,
)
from cdk_sagemaker_mlops.definition.validation.findings import nearest, problem, wrong_type
from cdk_sagemaker_mlops.definition.validation.service_model import shapes
from cdk_sagemaker_mlops.definition.validation.shape_check import ShapeCheck
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

ParameterTypes = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Request:
    """The request that a step's arguments become.

    Args:
        shape: Name of the request's shape.
        generated: Required members that the pipeline fills in. Default: ``()``.
        pipeline_only: Members that the service takes in a pipeline, whether or not this version of botocore
            knows them in the API. Default: ``()``.
    """

    shape: str
    generated: tuple[str, ...] = ()
    pipeline_only: tuple[str, ...] = ()


_PROCESSING = _Request(shape="CreateProcessingJobRequest", generated=("ProcessingJobName",))
_REQUESTS = {
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "ClarifyCheck": _PROCESSING,
    "Training": _Request(shape="CreateTrainingJobRequest", generated=("TrainingJobName",)),
    "Tuning": _Request(
        shape="CreateHyperParameterTuningJobRequest", generated=("HyperParameterTuningJobName",)
    ),
    "Transform": _Request(shape="CreateTransformJobRequest", generated=("TransformJobName",)),
    "Model": _Request(shape="CreateModelInput", generated=("ModelName",)),
    # SkipModelValidation was a pipeline's before it was the API's.
    "RegisterModel": _Request(shape="CreateModelPackageInput", pipeline_only=("SkipModelValidation",)),
    "AutoML": _Request(shape="CreateAutoMLJobRequest", generated=("AutoMLJobName",)),
    "EndpointConfig": _Request(shape="CreateEndpointConfigInput", generated=("EndpointConfigName",)),
    "Endpoint": _Request(shape="CreateEndpointInput", generated=("EndpointName",)),
    "InferenceComponent": _Request(
        shape="CreateInferenceComponentInput", generated=("InferenceComponentName",)
    ),
    "Job": _Request(shape="CreateJobRequest", generated=("JobName",)),
}
_LINEAGE = {
    "Actions": _Request(shape="CreateActionRequest"),
    "Artifacts": _Request(shape="CreateArtifactRequest"),
    "Contexts": _Request(shape="CreateContextRequest"),
}


def argument_problems(step: StepRecord, parameter_types: ParameterTypes) -> Iterator[Problem]:
    """Yields what the service would refuse in the arguments of ``step``."""
    path = f"{step.path}.Arguments"
    request, own = _REQUESTS.get(step.type), _OWN_ARGUMENTS.get(step.type)
    if request is not None:
        yield from _request_problems(
            "sagemaker", request, step.content.get("Arguments"), path, parameter_types
        )
    elif own is not None:
        yield from own(step, path, parameter_types)
    else:
        meant = nearest(step.type, [*_REQUESTS, *_OWN_ARGUMENTS])
        if meant is not None:
            # A type that resembles none may be newer than this library.
            yield problem(
                "UnknownStepType", f"{step.path}.Type", "be a step type", step.type, f"write {meant!r}"
            )


def _request_problems(
    service: str, request: _Request, arguments: object, path: str, parameter_types: ParameterTypes
) -> Iterator[Problem]:
    check = ShapeCheck(shapes=shapes(service), parameter_types=parameter_types)
    if request.shape in check.shapes:  # an older botocore may not know a new operation
        yield from check.structure_problems(
            request.shape,
            arguments,
            path,
            not_required=request.generated,
            also_allowed=request.pipeline_only,
        )


def _condition(step: StepRecord, _path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    yield from condition_step_problems(step, parameter_types)


def _for_each(step: StepRecord, _path: str, _parameter_types: ParameterTypes) -> Iterator[Problem]:
    yield from loop_step_problems(step)


def _fail(step: StepRecord, path: str, _parameter_types: ParameterTypes) -> Iterator[Problem]:
    message = step.arguments.get("ErrorMessage")
    if not isinstance(message, str) and not expressions.is_expression(message):
        yield wrong_type(f"{path}.ErrorMessage", "a string", message)


def _lambda(step: StepRecord, path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    yield from _text_field(step, "FunctionArn")
    yield from _free(step, path, parameter_types)


def _callback(step: StepRecord, path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    yield from _text_field(step, "SqsQueueUrl")
    yield from _free(step, path, parameter_types)


def _free(step: StepRecord, path: str, _parameter_types: ParameterTypes) -> Iterator[Problem]:
    arguments = step.content.get("Arguments")
    if arguments is not None and not isinstance(arguments, dict):
        yield wrong_type(path, "an object", arguments)


def _text_field(step: StepRecord, field: str) -> Iterator[Problem]:
    value = step.content.get(field)
    if not (isinstance(value, str) and value) and not expressions.is_expression(value):
        yield wrong_type(f"{step.path}.{field}", "a string", value)


def _emr(step: StepRecord, path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    arguments: Mapping[str, Any] = step.arguments
    config = _Request(shape="StepConfig", generated=("Name",))
    yield from _request_problems(
        "emr", config, arguments.get("StepConfig"), f"{path}.StepConfig", parameter_types
    )
    if arguments.get("ClusterConfig") is not None:
        cluster = _Request(shape="RunJobFlowInput", generated=("Name",))
        yield from _request_problems(
            "emr", cluster, arguments["ClusterConfig"], f"{path}.ClusterConfig", parameter_types
        )
    yield from _one_of(arguments, path, "ClusterId", "ClusterConfig")


def _emr_serverless(step: StepRecord, path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    job = _Request(shape="StartJobRunRequest", generated=("applicationId", "clientToken"))
    yield from _request_problems(
        "emr-serverless", job, step.arguments.get("JobConfig"), f"{path}.JobConfig", parameter_types
    )
    yield from _one_of(step.arguments, path, "ApplicationId", "ApplicationConfig")


def _one_of(arguments: Mapping[str, Any], path: str, *members: str) -> Iterator[Problem]:
    given = [name for name in members if arguments.get(name) is not None]
    if len(given) != 1:
        yield problem(
            "InvalidValue", path, f"have either {' or '.join(members)}", given, "give exactly one of them"
        )


def _lineage(step: StepRecord, path: str, parameter_types: ParameterTypes) -> Iterator[Problem]:
    for field, request in _LINEAGE.items():
        entities = step.arguments.get(field)
        for index, entity in enumerate(entities if isinstance(entities, list) else ()):
            yield from _request_problems(
                "sagemaker", request, entity, f"{path}.{field}[{index}]", parameter_types
            )


def _cleanup(step: StepRecord, path: str, _parameter_types: ParameterTypes) -> Iterator[Problem]:
    resources = step.arguments.get("Resources")
    sources = resources.get("S3") if isinstance(resources, dict) else None
    if not isinstance(sources, list) or not sources:
        yield problem("MissingMember", f"{path}.Resources.S3", "hold at least one source", sources, "add one")


_OWN_ARGUMENTS: Mapping[str, Callable[[StepRecord, str, ParameterTypes], Iterator[Problem]]] = {
    "Condition": _condition,
    "ForEach": _for_each,
    "Fail": _fail,
    "Lambda": _lambda,
    "Callback": _callback,
    "EMR": _emr,
    "EMRServerless": _emr_serverless,
    "Lineage": _lineage,
    "Cleanup": _cleanup,
}
