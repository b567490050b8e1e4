"""The error that a SageMaker call answers with."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal, worded as the service words it.

    Args:
        code: Error code, such as ``ValidationException``.
        message: Text of the error.
        status: HTTP status. Default: ``400``.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ApiError:
    """A ``ValidationException``: SageMaker's answer to most wrong requests, missing resources included."""
    return ApiError("ValidationException", message)


def not_found(message: str) -> ApiError:
    """A ``ResourceNotFound``, which only the pipeline operations use."""
    return ApiError("ResourceNotFound", message)
