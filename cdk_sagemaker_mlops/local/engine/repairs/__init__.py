"""Where ministack 1.5.33 differs from AWS in what an app needs, put right through its own tables.

One module a difference; each names what goes wrong without it.
"""

from __future__ import annotations

from pathlib import Path

from cdk_sagemaker_mlops.local.engine.repairs import (
    alarm_permissions,
    bucket_tags,
    denial_log,
    event_retries,
    fifo_targets,
    function_python,
    function_roles,
    metric_math,
    secure_transport,
)


def apply_repairs(lambda_python: Path, *, iam: bool) -> None:
    """Applies every repair.

    Args:
        lambda_python: Interpreter that Python functions run with.
        iam: Whether roles' policies are enforced.
    """
    bucket_tags.apply()
    event_retries.apply()
    fifo_targets.apply()
    function_python.apply(lambda_python)
    metric_math.apply()
    if iam:
        alarm_permissions.apply()
        denial_log.apply()
        function_roles.apply()
        secure_transport.apply()
