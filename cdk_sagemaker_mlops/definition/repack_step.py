"""The job that the SDK adds when a model is registered together with source code."""

from __future__ import annotations

from typing import Any

_HYPERPARAMETERS = frozenset({"inference_script", "model_archive", "source_dir"})
_CODE_IN_CONTAINER = "/opt/ml/input/data/code"


def forget_local_paths(document: dict[str, Any]) -> None:
    """Puts the container's path where the SDK wrote the building machine's, in place.

    The repack script only looks whether ``source_dir`` is set, and then copies the code channel
    (``sagemaker/mlops/workflow/_repack_model.py``).
    """
    for step in document["Steps"]:
        hyperparameters = step.get("Arguments", {}).get("HyperParameters", {})
        if hyperparameters.keys() >= _HYPERPARAMETERS:
            hyperparameters["source_dir"] = _CODE_IN_CONTAINER
