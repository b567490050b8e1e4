"""Findings of cdk-nag that are accepted, each with its reason, in the form that cdk-nag reads.

Only metadata is written, so neither this library nor the apps that use it need cdk-nag.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnResource
from constructs import IConstruct

_KEY, _RULES = "cdk_nag", "rules_to_suppress"
# What each rule looks at, so that nothing else carries its metadata.
_RESOURCE_TYPES: Mapping[str, tuple[str, ...]] = {
    "AwsSolutions-IAM4": ("AWS::IAM::Role",),
    "AwsSolutions-IAM5": ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"),
    "AwsSolutions-L1": ("AWS::Lambda::Function",),
    "AwsSolutions-S1": ("AWS::S3::Bucket",),
    "AwsSolutions-SF1": ("AWS::StepFunctions::StateMachine",),
    "AwsSolutions-SF2": ("AWS::StepFunctions::StateMachine",),
}


def accept_findings(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accepts findings on the resources that ``scope`` has by now.

    Args:
        scope: Construct whose resources are meant, itself included.
        reasons: Rule of cdk-nag's AwsSolutions pack to why it does not apply.
    """
    for construct in scope.node.find_all():
        if not isinstance(construct, CfnResource):
            continue
        for rule, reason in reasons.items():
            if construct.cfn_resource_type in _RESOURCE_TYPES[rule]:
                _accept(construct, rule, reason)


def _accept(resource: CfnResource, rule: str, reason: str) -> None:
    present = resource.get_metadata(_KEY)
    accepted = [] if present is None else list(present[_RULES])
    if all(entry["id"] != rule for entry in accepted):
        accepted.append({"id": rule, "reason": reason})
    resource.add_metadata(_KEY, {_RULES: accepted})
