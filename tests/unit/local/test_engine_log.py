"""What a step's job printed, asked of an engine."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from cdk_sagemaker_mlops.local.engine_log import step_log

ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/abcdef123456"


class _Logs(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/_mlops/executions/abcdef123456/steps/Train%20it%2F2/log"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write("Traceback é\n".encode() if found else b"no such step")

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def engine_url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Logs) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_step_s_log_is_read_past_any_proxy(engine_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert step_log(engine_url, ARN, "Train it/2") == "Traceback é\n"


def test_a_step_without_a_log_has_none(engine_url: str) -> None:
    assert step_log(engine_url, ARN, "Other") is None
