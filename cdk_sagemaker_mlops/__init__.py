"""AWS CDK constructs for SageMaker MLOps: a pipeline, a model registry, and deployment on approval.

Names resolve when they are first used, so that ``import cdk_sagemaker_mlops`` does not pay for what is not
used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_sagemaker_mlops.config.async_endpoint import AsyncEndpoint
    from cdk_sagemaker_mlops.config.auto_scaling import AutoScaling, TargetMetric
    from cdk_sagemaker_mlops.config.batch_transform import BatchTransform
    from cdk_sagemaker_mlops.config.capacity_size import CapacitySize
    from cdk_sagemaker_mlops.config.clarify_checks import BiasCheck, ExplainabilityCheck
    from cdk_sagemaker_mlops.config.data_capture import DataCapture
    from cdk_sagemaker_mlops.config.encryption import Encryption
    from cdk_sagemaker_mlops.config.inference import Inference
    from cdk_sagemaker_mlops.config.managed_instance_scaling import ManagedInstanceScaling
    from cdk_sagemaker_mlops.config.network import Network
    from cdk_sagemaker_mlops.config.processing import Evaluation, Preprocessing
    from cdk_sagemaker_mlops.config.real_time_endpoint import RealTimeEndpoint
    from cdk_sagemaker_mlops.config.registry_consumer import RegistryConsumer
    from cdk_sagemaker_mlops.config.retries import Retries
    from cdk_sagemaker_mlops.config.rollback_alarms import RollbackAlarms
    from cdk_sagemaker_mlops.config.rollout import (
        AllAtOnceRollout,
        CanaryRollout,
        LinearRollout,
        RollingRollout,
    )
    from cdk_sagemaker_mlops.config.scheduled_scaling import ScheduledScaling
    from cdk_sagemaker_mlops.config.serverless_endpoint import ServerlessEndpoint
    from cdk_sagemaker_mlops.config.smoke_test import SmokeTest
    from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
    from cdk_sagemaker_mlops.config.training import Training
    from cdk_sagemaker_mlops.config.tuning import Tuning
    from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
    from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
    from cdk_sagemaker_mlops.constructs.training_pipeline import TrainingPipeline
    from cdk_sagemaker_mlops.definition.cacheable_function import cacheable
    from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
    from cdk_sagemaker_mlops.errors import (
        DefinitionError,
        LocalRunError,
        MlopsError,
        OperationError,
        ValidationError,
    )
    from cdk_sagemaker_mlops.mlops_pipeline import MlopsPipeline

__all__ = [
    "AllAtOnceRollout",
    "AsyncEndpoint",
    "AutoScaling",
    "BatchTransform",
    "BiasCheck",
    "CanaryRollout",
    "CapacitySize",
    "DataCapture",
    "DefinitionError",
    "Encryption",
    "Evaluation",
    "ExplainabilityCheck",
    "Inference",
    "LinearRollout",
    "LocalRunError",
    "ManagedInstanceScaling",
    "MlopsError",
    "MlopsPipeline",
    "ModelDeployment",
    "ModelRegistry",
    "Network",
    "OperationError",
    "PipelineContext",
    "Preprocessing",
    "RealTimeEndpoint",
    "RegistryConsumer",
    "Retries",
    "RollbackAlarms",
    "RollingRollout",
    "ScheduledScaling",
    "ServerlessEndpoint",
    "SmokeTest",
    "StandardPipeline",
    "TargetMetric",
    "Training",
    "TrainingPipeline",
    "Tuning",
    "ValidationError",
    "cacheable",
]

_MODULES = {
    "AllAtOnceRollout": "config.rollout",
    "AsyncEndpoint": "config.async_endpoint",
    "AutoScaling": "config.auto_scaling",
    "BatchTransform": "config.batch_transform",
    "BiasCheck": "config.clarify_checks",
    "CanaryRollout": "config.rollout",
    "CapacitySize": "config.capacity_size",
    "DataCapture": "config.data_capture",
    "DefinitionError": "errors",
    "Encryption": "config.encryption",
    "Evaluation": "config.processing",
    "ExplainabilityCheck": "config.clarify_checks",
    "Inference": "config.inference",
    "LinearRollout": "config.rollout",
    "LocalRunError": "errors",
    "ManagedInstanceScaling": "config.managed_instance_scaling",
    "MlopsError": "errors",
    "MlopsPipeline": "mlops_pipeline",
    "ModelDeployment": "constructs.model_deployment",
    "ModelRegistry": "constructs.model_registry",
    "Network": "config.network",
    "OperationError": "errors",
    "PipelineContext": "definition.pipeline_context",
    "Preprocessing": "config.processing",
    "RealTimeEndpoint": "config.real_time_endpoint",
    "RegistryConsumer": "config.registry_consumer",
    "Retries": "config.retries",
    "RollbackAlarms": "config.rollback_alarms",
    "RollingRollout": "config.rollout",
    "ScheduledScaling": "config.scheduled_scaling",
    "ServerlessEndpoint": "config.serverless_endpoint",
    "SmokeTest": "config.smoke_test",
    "StandardPipeline": "config.standard_pipeline",
    "TargetMetric": "config.auto_scaling",
    "Training": "config.training",
    "TrainingPipeline": "constructs.training_pipeline",
    "Tuning": "config.tuning",
    "ValidationError": "errors",
    "cacheable": "definition.cacheable_function",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return __all__
