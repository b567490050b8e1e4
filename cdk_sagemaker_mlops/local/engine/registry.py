"""The control plane as a pipeline run calls it: by operation name, in the run's own account and region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ScopedRegistry:
    """Makes calls in one scope.

    Args:
        call: Makes one call, by operation name.
    """

    def __init__(self, call: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        self._call = call

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Makes one call.

        Raises:
            ApiError: SageMaker would refuse, or the operation is not emulated.
        """
        return self._call(operation, params)
