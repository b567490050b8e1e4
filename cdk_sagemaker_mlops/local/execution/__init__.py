"""Runs pipeline definitions on this machine: their steps as processes, under the containers' contract."""

from cdk_sagemaker_mlops.local.execution.interfaces import Registry, Storage
from cdk_sagemaker_mlops.local.execution.run import PipelineRun
from cdk_sagemaker_mlops.local.execution.step_cache import StepCache

__all__ = ["PipelineRun", "Registry", "StepCache", "Storage"]
