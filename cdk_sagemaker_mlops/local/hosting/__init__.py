"""Serves a model artifact on this machine, in a process of its own."""

from cdk_sagemaker_mlops.local.hosting.model_server import ModelLoadError, ModelServer

__all__ = ["ModelLoadError", "ModelServer"]
