"""The parameters of the built-in pipeline, with which an execution can be started differently."""

from __future__ import annotations

from typing import Any

from sagemaker.core.workflow.parameters import (
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)

from cdk_sagemaker_mlops.config.hyperparameters import parameter_name
from cdk_sagemaker_mlops.config.standard_pipeline import TRANSFORM_PARAMETER
from cdk_sagemaker_mlops.definition.standard.job_settings import JobSettings


class Parameters:
    """The pipeline's parameters.

    Args:
        settings: The pipeline's options.
    """

    def __init__(self, settings: JobSettings) -> None:
        config = settings.config
        self.input_data_uri = settings.ctx.input_data_uri
        self.processing_instance_type = ParameterString(
            name="ProcessingInstanceType", default_value=config.processing_instance_type
        )
        self.training_instance_type = ParameterString(
            name="TrainingInstanceType", default_value=config.training_instance_type
        )
        self.approval_status = ParameterString(
            name="ModelApprovalStatus", default_value=config.approval_status
        )
        self.threshold = ParameterFloat(name="MetricThreshold", default_value=float(config.metric_threshold))
        self.hyperparameters = {
            name: _parameter(parameter_name(name), value) for name, value in config.hyperparameters.items()
        }
        self.transform_input_uri = (
            None
            if config.batch_transform is None
            else ParameterString(
                name=TRANSFORM_PARAMETER, default_value=settings.text(config.batch_transform.input_data_uri)
            )
        )

    def all(self) -> list[Any]:
        """Returns every parameter, in the definition's order."""
        return [
            self.input_data_uri,
            self.processing_instance_type,
            self.training_instance_type,
            self.approval_status,
            self.threshold,
            *self.hyperparameters.values(),
            *([] if self.transform_input_uri is None else [self.transform_input_uri]),
        ]


def _parameter(name: str, value: object) -> Any:
    if isinstance(value, bool):
        return ParameterBoolean(name=name, default_value=value)
    if isinstance(value, int):
        return ParameterInteger(name=name, default_value=value)
    if isinstance(value, float):
        return ParameterFloat(name=name, default_value=value)
    return ParameterString(name=name, default_value=value)
