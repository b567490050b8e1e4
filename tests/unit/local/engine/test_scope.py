from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.engine.scope import Scope, name_of


def test_arns_are_lower_case() -> None:
    assert Scope("1", "eu-west-1").arn("endpoint/Churn") == "arn:aws:sagemaker:eu-west-1:1:endpoint/churn"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("Churn", "Churn"),
        ("arn:aws:sagemaker:eu-west-1:1:pipeline/churn", "churn"),
        ("arn:aws:sagemaker:eu-west-1:1:model-package/churn/3", "churn/3"),
    ],
)
def test_a_name_or_an_arn_gives_the_name(reference: str, name: str) -> None:
    assert name_of(reference) == name
