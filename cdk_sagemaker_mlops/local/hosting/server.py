"""The process that holds a model and answers ``/ping`` and ``/invocations``, as a serving container does.

Started by :class:`.model_server.ModelServer`; it loads the model first, then listens on a loopback port and
writes ``{"port": ...}``, or ``{"error": ...}``, to the file it was given. Requests are answered one at a
time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.local.hosting.handlers import ModelTransformer, RequestContext, describe_load_error


def load(model_dir: str) -> ModelTransformer:
    """Imports the user's program and runs its ``model_fn``.

    Raises:
        ImportError: There is no such program.
        Exception: Whatever the program raises.
    """
    folder, program = os.environ["SAGEMAKER_SUBMIT_DIRECTORY"], os.environ["SAGEMAKER_PROGRAM"]
    sys.path.insert(0, folder)
    if importlib.util.find_spec(program.removesuffix(".py")) is None:
        there = sorted(path.name for path in Path(folder).glob("*"))
        raise ImportError(
            f"SAGEMAKER_PROGRAM must be a file of SAGEMAKER_SUBMIT_DIRECTORY, got {program!r}, and there are "
            f"{there}; put the program into the artifact"
        )
    if (Path(folder) / "requirements.txt").exists():
        sys.stderr.write("requirements.txt is not installed locally: this environment's packages are used\n")
    transformer = ModelTransformer()
    transformer.validate_and_initialize(model_dir=model_dir, context=RequestContext(model_dir))
    return transformer


def make_handler(transformer: ModelTransformer, model_dir: str) -> type[BaseHTTPRequestHandler]:
    """Returns the class that answers requests with a loaded model."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answers ``/ping``."""
            self._answer(200 if self.path == "/ping" else 404, "text/plain", b"")

        def do_POST(self) -> None:
            """Answers ``/invocations``."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/invocations":
                self._answer(404, "text/plain", b"")
                return
            context = RequestContext(
                model_dir, self.headers.get("Content-Type", ""), self.headers.get("Accept", "")
            )
            with one_at_a_time:
                [response] = transformer.transform([{"body": body}], context)
            self._answer(context.status, context.response_content_type, _as_bytes(response))

        def log_message(self, format: str, *args: Any) -> None:
            """Writes no line for each request."""

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main() -> int:
    """Loads the model and serves it until the process is ended; returns an exit code when it cannot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-dir", required=True, help="folder of the unpacked artifact")
    parser.add_argument("--ready-file", required=True, type=Path, help="file for the port or the error")
    options = parser.parse_args()
    try:
        transformer = load(options.model_dir)
    except (Exception, SystemExit) as error:
        # Anything may come from the user's program, sys.exit() included.
        traceback.print_exc()
        _write(options.ready_file, {"error": describe_load_error(error)})
        return 1
    handler = make_handler(transformer, options.model_dir)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        _write(options.ready_file, {"port": server.server_address[1]})
        server.serve_forever()
    return 0


def _as_bytes(response: Any) -> bytes:
    return response if isinstance(response, bytes) else str(response).encode()


def _write(path: Path, document: dict[str, Any]) -> None:
    """Writes a file that is never seen half written."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(json.dumps(document))
    beside.replace(path)


if __name__ == "__main__":
    sys.exit(main())
