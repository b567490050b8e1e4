"""The SageMaker operations that are emulated, one module for each kind of resource.

What is not in :data:`OPERATIONS` is not emulated, and the engine says so: there is no made-up success.
"""

from __future__ import annotations

from cdk_sagemaker_mlops.local.engine.operations import (
    endpoint_configs,
    endpoints,
    model_package_groups,
    model_packages,
    models,
    pipeline_executions,
    pipelines,
    tags,
)
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation

OPERATIONS: dict[str, Operation] = {
    name: operation
    for module in (
        endpoint_configs,
        endpoints,
        model_package_groups,
        model_packages,
        models,
        pipeline_executions,
        pipelines,
        tags,
    )
    for name, operation in module.OPERATIONS.items()
}

# Operations that wait, for S3 or for a run's own lock: they take the store's lock themselves, for short
# spans.
SELF_LOCKING = frozenset({"CreatePipeline", "UpdatePipeline", *pipeline_executions.OPERATIONS})
