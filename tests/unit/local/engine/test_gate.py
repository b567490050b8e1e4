from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.gate import Gate, is_from_a_web_page

_HERE = (b"host", b"127.0.0.1:4566")


async def _application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
    else:
        await send({"type": "http.response.start", "status": 299})


def _exchange(scope: dict[str, Any], ready: list[str] | None = None) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    def read_log(execution: str, step: str) -> str | None:
        return f"{execution} {step}\n" if step == "Train model" else None

    announced = [] if ready is None else ready
    gate = Gate(_application, read_log=read_log, ready=lambda: announced.append("ready"))
    asyncio.run(gate(scope, receive, send))
    return sent


def _get(path: str, *headers: tuple[bytes, bytes], method: str = "GET") -> tuple[int, bytes]:
    scope = {"type": "http", "method": method, "path": path, "headers": [*headers]}
    sent = _exchange(scope)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_aws_calls_reach_the_application() -> None:
    assert _get("/", _HERE)[0] == 299


def test_a_step_s_log_is_served() -> None:
    assert _get("/_mlops/executions/abc/steps/Train%20model/log", _HERE) == (200, b"abc Train model\n")


@pytest.mark.parametrize("path", ["/_mlops/executions/abc/steps/Other/log", "/_mlops/", "/_mlops/executions"])
def test_fails_on_a_path_that_does_not_exist(path: str) -> None:
    assert _get(path, _HERE) == (404, f"{path} does not exist\n".encode())


def test_fails_to_change_a_log() -> None:
    assert _get("/_mlops/executions/abc/steps/Train model/log", _HERE, method="PUT")[0] == 404


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:80", "localhost:80", "bucket.localhost", "bucket.127.0.0.1:80", "LOCALHOST"],
)
def test_this_machine_s_names_are_answered(host: str) -> None:
    assert not is_from_a_web_page({b"host": host.encode()})


@pytest.mark.parametrize(
    "host", ["", "example.com", "127.0.0.1.example.com", "localhost.example.com", "8.8.8.8"]
)
def test_fails_for_another_machine_s_name(host: str) -> None:
    assert _get("/", (b"host", host.encode())) == (403, b"the local engine does not answer web pages\n")


def test_fails_for_a_web_page() -> None:
    assert _get("/_mlops/executions", _HERE, (b"origin", b"https://example.com"))[0] == 403


def test_fails_for_a_web_page_s_socket() -> None:
    scope = {"type": "websocket", "path": "/", "headers": [(b"origin", b"https://example.com")]}

    assert _exchange(scope) == [{"type": "websocket.close", "code": 1008}]


def test_readiness_is_announced_when_the_application_has_started() -> None:
    ready: list[str] = []

    sent = _exchange({"type": "lifespan"}, ready)

    assert ready == ["ready"]
    assert sent == [{"type": "lifespan.startup.complete"}]
