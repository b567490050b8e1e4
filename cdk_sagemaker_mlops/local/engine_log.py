"""What a step's job printed, asked of the engine."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import quote


def step_log(endpoint_url: str, execution_arn: str, step_name: str) -> str | None:
    """Reads what a step's job printed, from the engine.

    Returns:
        The log; ``None`` when the engine has none.
    """
    execution = execution_arn.rsplit("/", 1)[1]
    url = f"{endpoint_url}/_mlops/executions/{quote(execution)}/steps/{quote(step_name, safe='')}/log"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return str(response.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        # As an answer it holds a socket.
        error.close()
        return None
