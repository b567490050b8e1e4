from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from cdk_sagemaker_mlops.handlers import contract
from cdk_sagemaker_mlops.handlers.model_deployment.names import is_own, name_for
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn-models/7"
CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def named(settings: Settings, arn: str = ARN, version: int = 7, created: datetime = CREATED) -> str:
    return name_for(settings, package_arn=arn, version=version, created=created)


def test_the_same_inputs_give_the_same_name(settings: Settings) -> None:
    # Pinned: another name for the same inputs would roll every endpoint out anew.
    assert named(settings) == "churn-deployment-0a1b2c3d-88b207-v7-8184961748"


def test_the_order_of_hosting_keys_does_not_matter(settings: Settings) -> None:
    variant = settings.hosting["ProductionVariant"]
    turned = {"Kind": "Serverless", "ProductionVariant": dict(reversed(variant.items()))}
    assert named(replace(settings, hosting=turned)) == named(settings)


def test_everything_that_makes_a_difference_changes_the_name(settings: Settings) -> None:
    names = {
        named(settings),
        named(settings, arn=ARN.replace("churn-models", "other-models")),
        named(settings, created=datetime(2026, 11, 2, tzinfo=UTC)),
        named(replace(settings, hosting={})),
        named(replace(settings, execution_role_arn="arn:aws:iam::123456789012:role/other")),
        named(replace(settings, endpoint_name="other")),
        named(replace(settings, name_prefix="other-0a1b2c3d")),
    }
    assert len(names) == 7


def test_the_longest_prefix_and_a_long_version_fit_sagemakers_limit(settings: Settings) -> None:
    longest = replace(settings, name_prefix="p" * contract.NAME_PREFIX_MAX_LENGTH, endpoint_name="E" * 63)
    name = named(longest, version=9_999_999)
    assert len(name) == 63
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)


def test_knows_its_own_names_from_those_of_others(settings: Settings) -> None:
    own = named(settings)
    assert is_own(settings, own)
    others = [
        named(replace(settings, name_prefix="x-churn-deployment-0a1b2c3d")),
        named(replace(settings, endpoint_name="churn2")),
        f"{own}0",
        f"my-{own}",
        own.replace("-v7-", "-v7-copy-"),
        settings.name_prefix,
    ]
    assert not any(is_own(settings, other) for other in others)
