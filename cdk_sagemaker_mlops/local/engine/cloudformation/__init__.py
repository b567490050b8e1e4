"""CloudFormation types that ministack does not have, added to its table of resource handlers."""

from __future__ import annotations

from cdk_sagemaker_mlops.local.engine.cloudformation import (
    bucket_deployment,
    event_bus_policy,
    sagemaker_resources,
)
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane
from cdk_sagemaker_mlops.local.engine.storage import StoragePool


def register_types(plane: ControlPlane, storage: StoragePool) -> None:
    """Adds every type.

    Args:
        plane: The control plane that SageMaker's types are made with.
        storage: S3, for what types read and write.
    """
    sagemaker_resources.register(plane)
    bucket_deployment.register(storage)
    event_bus_policy.register()
