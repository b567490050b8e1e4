"""The account and region that ministack is serving a request in."""

from __future__ import annotations

from cdk_sagemaker_mlops.local.engine.scope import Scope


def current_scope() -> Scope:
    """Scope of the request that this thread works for."""
    from ministack.core.responses import get_account_id, get_region

    return Scope(get_account_id(), get_region())
