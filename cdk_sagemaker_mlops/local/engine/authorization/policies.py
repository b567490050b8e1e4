"""Asks ministack's IAM: about the caller of a request, or about a role that AWS acts for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.authorization.check import Check, Permit
from cdk_sagemaker_mlops.local.engine.scope import Scope


def caller_permit(scope: Scope, headers: Mapping[str, str]) -> Permit:
    """What the caller of a request may do.

    Args:
        scope: Account and region of the request.
        headers: Its headers, with names in lower case.
    """
    from ministack.core import router

    access_key = router.extract_access_key_id(dict(headers))

    def permit(checks: Iterable[Check]) -> None:
        for check in checks:
            refusal = _refusal(scope, access_key, check)
            if refusal is not None:
                raise refusal

    return permit


def _refusal(scope: Scope, access_key: str, check: Check) -> ApiError | None:
    from ministack.core import iam_actions, iam_evaluator

    denied = iam_evaluator.enforce(
        access_key,
        check.action,
        "sagemaker",
        scope.region,
        resource_arn=check.resource,
        service_context=dict(check.keys),
    )
    if denied is None:
        return None
    if isinstance(denied, iam_evaluator.AuthError):
        return ApiError(denied.code, denied.message)
    message = iam_actions.identity_denial_message(
        check.action, denied.principal_arn, check.resource, denied.decision == "Deny"
    )
    return ApiError("AccessDeniedException", message)


def role_may(account: str, region: str, role_arn: str, check: Check) -> bool:
    """Whether a role's policies allow something that AWS does in its name.

    Args:
        account: Account of the role.
        region: Region it happens in.
        role_arn: The role.
        check: What is done.
    """
    from ministack.core import iam_evaluator

    policies = iam_evaluator._gather_role_policies(role_arn.rpartition("/")[2], account)
    context = iam_evaluator.EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=account,
        action=check.action,
        resource_arn=check.resource,
        region=region,
        service_context=dict(check.keys),
    )
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")
