"""Runs pipeline definitions on this machine: their steps as processes, under the containers' contract."""

from cdk_sagemaker_mlops.local.execution.interfaces import Registry, Storage
from cdk_sagemaker_mlops.local.execution.run import PipelineRun

__all__ = ["PipelineRun", "Registry", "Storage"]
