"""The SageMaker control plane: an operation's name and parameters in, its answer out."""

from __future__ import annotations

import copy
import functools
import logging
import threading
from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.context import Context, Services
from cdk_sagemaker_mlops.local.engine.operations import OPERATIONS, SELF_LOCKING
from cdk_sagemaker_mlops.local.engine.scope import Scope

_log = logging.getLogger("cdk_sagemaker_mlops.engine")


class ControlPlane:
    """Emulates the operations in :data:`~.operations.OPERATIONS`, and refuses every other by name.

    Args:
        services: What the operations work with.
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    def call(self, scope: Scope, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Makes one call, as a client in ``scope`` would.

        Args:
            scope: Account and region of the caller.
            operation: Name of the operation, such as ``CreateModel``.
            params: Its parameters, as boto3 takes them.

        Returns:
            The response, as boto3 gives it.

        Raises:
            ApiError: SageMaker would refuse, or the operation is not emulated.
        """
        if operation not in OPERATIONS:
            raise ApiError("UnknownOperationException", f"{operation} is not emulated")
        shapes.check_request(operation, params)
        context = Context(scope, self.services, functools.partial(self.call, scope))
        # The records keep parts of the request, which belongs to the caller.
        owned = copy.deepcopy(params)
        if operation in SELF_LOCKING:
            return shapes.answer(operation, OPERATIONS[operation](context, owned))
        with self.services.store.lock:
            return shapes.answer(operation, OPERATIONS[operation](context, owned))


def on_a_thread(work: Callable[[], None]) -> None:
    """Runs ``work`` on a thread that does not keep the process alive, and logs what it raises."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            _log.exception("background work failed")

    threading.Thread(target=guarded, name="sagemaker", daemon=True).start()
