"""The engine's process: environment, socket, signals, and an end that leaves nothing running."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from cdk_sagemaker_mlops.errors import LocalRunError, Problem
from cdk_sagemaker_mlops.local.engine.gate import Gate
from cdk_sagemaker_mlops.local.engine.options import Options, emulator_environment

if TYPE_CHECKING:
    from cdk_sagemaker_mlops.local.engine.assembly import Engine

# The whole end may take this long; then what is left is killed.
_END_SECONDS = 4.5


def serve(options: Options) -> None:
    """Runs the engine until it is told to stop; prints one JSON line with its port when it answers.

    Raises:
        LocalRunError: The port is taken, or the installed ministack is not one the engine works with.
    """
    listening = _listen(options.host, options.port)
    port = listening.getsockname()[1]
    environment = emulator_environment(options, port=port, path=os.environ.get("PATH", os.defpath))
    for folder in ("HOME", "TMPDIR"):
        os.makedirs(environment[folder], exist_ok=True)  # noqa: PTH103 - before anything else is imported
    os.environ.clear()
    os.environ.update(environment)
    # Only now: ministack reads the environment when it is imported.
    from cdk_sagemaker_mlops.local.engine.assembly import Engine

    engine = Engine(options, f"http://{options.host}:{port}")
    asyncio.run(_serve_until_stopped(options, engine, listening))


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise LocalRunError(
            Problem(
                code="PortUnavailable",
                parameter="port",
                rule=f"be free on {host} ({error.strerror})",
                value=port,
                fix="choose another, or 0 for a free one",
            )
        ) from error
    return listening


async def _serve_until_stopped(options: Options, engine: Engine, listening: socket.socket) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack import app

    port = listening.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listening.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            _kill_after(_END_SECONDS)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    if options.watch_stdin:
        _when_stdin_ends(lambda: loop.call_soon_threadsafe(stop))
    gate = Gate(app.app, read_log=engine.executions.log, ready=lambda: _announce(port))
    try:
        await hypercorn_serve(gate, config, shutdown_trigger=stopping.wait)  # type: ignore[arg-type]
    finally:
        engine.close()
        _end_the_rest()
    # Not a return: threads may still wait in calls that nobody will answer, and the loop would wait for them.
    os._exit(0)


def _announce(port: int) -> None:
    print(json.dumps({"port": port}), flush=True)  # noqa: T201 - what whoever started this process waits for
    # Nobody reads standard output after this line, and a full or closed pipe must not stop the engine.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _when_stdin_ends(act: Callable[[], object]) -> None:
    """Calls ``act`` when whoever holds the other end of standard input has closed it, or has died."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        act()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _kill_after(seconds: float) -> None:
    def kill() -> None:
        _end_the_rest()
        os._exit(1)

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()


def _end_the_rest() -> None:
    """Kills what is left of the engine's own process group, but not itself: a job's grandchild, say."""
    if os.getpgrp() != os.getpid():
        # Started from a shell without a group of its own: the group is not ours to kill.
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
