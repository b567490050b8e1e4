"""What stands before ministack's application: who may call, and the engine's own paths."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOG_PATH = re.compile(r"/_mlops/executions/([^/]+)/steps/([^/]+)/log")


class Gate:
    """Serves ``GET /_mlops/...``, turns web pages away, and hands everything else to the application.

    The engine runs code for whoever can reach it. It listens on loopback only, but a web page open in a
    browser on the same machine can send requests there: those carry an ``Origin``, or a ``Host`` that is not
    this machine's.

    Args:
        application: What answers AWS calls.
        read_log: Gives the log of an execution's step, or ``None`` when there is no such step.
        ready: Called once, when the application has started.
    """

    def __init__(
        self,
        application: Application,
        *,
        read_log: Callable[[str, str], str | None],
        ready: Callable[[], None],
    ) -> None:
        self._application = application
        self._read_log = read_log
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, self._announcing(send))
        elif is_from_a_web_page(dict(scope["headers"])):
            await _respond(send, scope, 403, "the local engine does not answer web pages\n")
        elif scope["type"] == "http" and scope["path"].startswith("/_mlops/"):
            await self._own_path(scope, send)
        else:
            await self._application(scope, receive, send)

    def _announcing(self, send: Send) -> Send:
        async def announce(message: MutableMapping[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._ready()

        return announce

    async def _own_path(self, scope: Scope, send: Send) -> None:
        found = _LOG_PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        log = None if found is None else self._read_log(found[1], unquote(found[2]))
        if log is None:
            await _respond(send, scope, 404, f"{scope['path']} does not exist\n")
        else:
            await _respond(send, scope, 200, log)


def is_from_a_web_page(headers: dict[bytes, bytes]) -> bool:
    """Tells whether a request was made by a page in a browser, and not by a client of AWS."""
    return b"origin" in headers or not _is_this_machine(headers.get(b"host", b"").decode("latin-1"))


def _is_this_machine(host: str) -> bool:
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    # "*.localhost" is reserved for this machine, and is how virtual-hosted buckets and APIs are addressed.
    if name == "localhost" or name.endswith(".localhost"):
        return True
    # A bucket or an API in front of an address, such as "bucket.127.0.0.1", resolves nowhere else either.
    try:
        return ipaddress.ip_address(".".join(name.split(".")[-4:])).is_loopback
    except ValueError:
        return False


async def _respond(send: Send, scope: Scope, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
