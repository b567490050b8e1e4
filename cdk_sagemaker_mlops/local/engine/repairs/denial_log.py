"""A call that is refused leaves no trace in the engine, and whoever made it may not say.

AWS has CloudTrail for that: here the engine's log names the caller, the action and the resource.
"""

from __future__ import annotations

import logging
from typing import Any

_log = logging.getLogger("cdk_sagemaker_mlops.engine")


def apply() -> None:
    """Logs every refusal."""
    from ministack.core import iam_evaluator

    enforce = iam_evaluator.enforce

    def logged(access_key: str, action: str, service: str, region: str, **more: Any) -> Any:
        denied = enforce(access_key, action, service, region, **more)
        if isinstance(denied, iam_evaluator.EvalResult):
            _log.warning("refused: %s may not %s on %s", denied.principal_arn, action, more["resource_arn"])
        return denied

    iam_evaluator.enforce = logged
