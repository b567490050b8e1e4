"""How the fake answers what it does not do, and how it protests against what must never be done."""

from __future__ import annotations


class ApiError(Exception):
    """What a service answers instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class HarmError(AssertionError):
    """AWS would have accepted this, to the user's loss: the endpoint's own config deleted, say."""


class Killed(BaseException):
    """The process that makes the call is dead. No ``except Exception`` of the code under test lives on."""


def invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)
