"""The service-linked role that scales endpoints, made in IAM when the first target is registered."""

from __future__ import annotations

import json
from typing import Any

from cdk_sagemaker_mlops.local.engine.authorization.check import Check, Permit
from cdk_sagemaker_mlops.local.engine.context import now
from cdk_sagemaker_mlops.local.engine.scaling.operations import service_role_arn
from cdk_sagemaker_mlops.local.engine.scope import Scope

_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"


def ensure_role(scope: Scope, permit: Permit) -> None:
    """Makes the role unless it exists.

    Args:
        scope: Account and region of the caller.
        permit: What the caller may do: it is the caller who makes the role.

    Raises:
        ApiError: The role does not exist, and the caller may not make it.
    """
    from ministack.core.responses import request_scope
    from ministack.services import iam

    arn = service_role_arn(scope.account)
    name = arn.rpartition("/")[2]
    with request_scope(scope.account, scope.region):
        if name in iam._roles:
            return
        permit([Check("iam:CreateServiceLinkedRole", arn, {"iam:AWSServiceName": _SERVICE})])
        iam._roles[name] = _record(name, arn, iam._gen_id("AROA"))


def _record(name: str, arn: str, role_id: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": _SERVICE}, "Action": "sts:AssumeRole"}
    return {
        "RoleName": name,
        "Arn": arn,
        "RoleId": role_id,
        "CreateDate": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Path": f"/aws-service-role/{_SERVICE}/",
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        "Description": "Scales SageMaker endpoints",
        "MaxSessionDuration": 3600,
        "AttachedPolicies": [],
        "InlinePolicies": {},
        "Tags": [],
    }
