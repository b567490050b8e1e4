"""The request that a new model must answer before it counts as deployed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# sagemaker-runtime's InvokeEndpoint, shape Header.
_LONGEST_HEADER = 1024
_LONGEST_TEST_IN_SECONDS = 180
_INLINE_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x", re.ASCII: "a"}


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """A real request, sent to the endpoint once a new model is in service.

    If the answer is not what is expected, the model version counts as failed and the last good one returns.

    Args:
        payload: Body of the request, a text or bytes. It travels in a setting of a Lambda function, so keep
            it to one small row: text of up to about 1500 characters.
        content_type: Content type of ``payload``. Default: ``"text/csv"``.
        accept: Content type that the answer shall have. Default: the model's own choice.
        expect: Text that the answer must contain, or a compiled pattern that must be found in it.
            Default: any answer with a status of success.
        timeout_in_seconds: Time in which the endpoint has to answer as expected, all tries together, 1 to
            180. Default: ``60``.

    Raises:
        ValidationError: A value is empty, too long, or known at deployment only.
        TypeError: An argument has the wrong type.
    """

    payload: str | bytes
    content_type: str = "text/csv"
    accept: str | None = None
    expect: str | re.Pattern[str] | None = None
    timeout_in_seconds: int = 60

    def __post_init__(self) -> None:
        checks.argument_type("smoke_test.payload", self.payload, (str, bytes))
        checks.argument_type("smoke_test.expect", self.expect, (str, re.Pattern, type(None)))
        checks.raise_problems(
            (
                self._payload_problem(),
                stage_checks.text(
                    "smoke_test.content_type",
                    self.content_type,
                    _LONGEST_HEADER,
                    code="InvalidContentType",
                    fix="use one such as 'text/csv'",
                ),
                stage_checks.text(
                    "smoke_test.accept",
                    self.accept,
                    _LONGEST_HEADER,
                    code="InvalidContentType",
                    fix="use one such as 'application/json'",
                ),
                self._expect_problem(),
                stage_checks.whole_number(
                    "smoke_test.timeout_in_seconds",
                    self.timeout_in_seconds,
                    1,
                    _LONGEST_TEST_IN_SECONDS,
                    code="InvalidTimeout",
                    unit="seconds",
                    fix="send a request that the model answers quickly",
                ),
            )
        )

    def smoke_test(self) -> dict[str, Any]:
        """Returns the request and what is expected, in a form that JSON can hold."""
        payload = self.payload.encode() if isinstance(self.payload, str) else self.payload
        test: dict[str, Any] = {
            "Body": base64.b64encode(payload).decode(),
            "ContentType": self.content_type,
            "TimeoutInSeconds": self.timeout_in_seconds,
        }
        if self.accept is not None:
            test["Accept"] = self.accept
        if isinstance(self.expect, str):
            test["Expect"] = {"Contains": self.expect}
        elif self.expect is not None:
            test["Expect"] = {"Regex": _with_inline_flags(self.expect)}
        return test

    def _payload_problem(self) -> Problem | None:
        if self.payload and not checks.is_token(self.payload):
            return None
        return Problem(
            code="InvalidPayload",
            parameter="smoke_test.payload",
            rule="be a text or bytes, known when the app is synthesised",
            value=self.payload,
            fix="give a row of data that the model has an answer to",
        )

    def _expect_problem(self) -> Problem | None:
        pattern: object = self.expect.pattern if isinstance(self.expect, re.Pattern) else ""
        if not isinstance(pattern, str):
            return Problem(
                code="InvalidExpectation",
                parameter="smoke_test.expect",
                rule="be a pattern of text",
                value=self.expect,
                fix="compile it from a str: the answer is read as UTF-8",
            )
        if self.expect == "":
            return Problem(
                code="InvalidExpectation",
                parameter="smoke_test.expect",
                rule="not be empty",
                value=self.expect,
                fix="leave it out to accept any answer",
            )
        return None


def _with_inline_flags(pattern: re.Pattern[str]) -> str:
    flags = "".join(letter for flag, letter in _INLINE_FLAGS.items() if pattern.flags & flag)
    # A pattern's own flags stand at its start, where only one group of them may be.
    written = re.match(r"\(\?[aimsxu]+\)", pattern.pattern)
    rest = pattern.pattern if written is None else pattern.pattern[written.end() :]
    return f"(?{flags}){rest}" if flags else rest
