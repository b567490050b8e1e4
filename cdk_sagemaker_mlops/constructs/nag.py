"""Findings of cdk-nag that are accepted, each with its reason, in the form that cdk-nag reads.

Only metadata is written, so neither this library nor the apps that use it need cdk-nag.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnResource
from constructs import IConstruct

_KEY, _RULES = "cdk_nag", "rules_to_suppress"
# What each rule looks at, so that nothing else carries its metadata. By the name of the class, which Python
# knows: asking CDK for the type of every resource was a third of all calls to it.
_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "AwsSolutions-IAM4": ("CfnRole",),
    "AwsSolutions-IAM5": ("CfnPolicy", "CfnManagedPolicy"),
    "AwsSolutions-L1": ("CfnFunction",),
    "AwsSolutions-S1": ("CfnBucket",),
    "AwsSolutions-SF1": ("CfnStateMachine",),
    "AwsSolutions-SF2": ("CfnStateMachine",),
}


def accept_findings(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accepts findings on the resources that ``scope`` has by now.

    Args:
        scope: Construct whose resources are meant, itself included.
        reasons: Rule of cdk-nag's AwsSolutions pack to why it does not apply.
    """
    for construct in scope.node.find_all():
        concerned = {
            rule: reason for rule, reason in reasons.items() if type(construct).__name__ in _RESOURCES[rule]
        }
        if concerned and isinstance(construct, CfnResource):
            _accept(construct, concerned)


def _accept(resource: CfnResource, reasons: Mapping[str, str]) -> None:
    present = resource.get_metadata(_KEY)
    accepted = [] if present is None else list(present[_RULES])
    known = {entry["id"] for entry in accepted}
    accepted += [{"id": rule, "reason": reason} for rule, reason in reasons.items() if rule not in known]
    if len(accepted) > len(known):
        resource.add_metadata(_KEY, {_RULES: accepted})
