"""What the deployer wrote into a package."""

from __future__ import annotations

from datetime import UTC, datetime

from cdk_sagemaker_mlops.deployed.outcomes import Outcome, read_outcomes

KEY = "cdk-mlops/123456789012/eu-west-1/churn"


def test_each_endpoint_s_outcome_is_read_with_its_reason() -> None:
    text = "failed at=2026-11-26T22:00:00.500+00:00 config=c attempt=- approval=1 epoch=1"
    found = read_outcomes(
        {KEY: text, f"{KEY}/reason": "smoke test: got 3", "owner": "me", "cdk-mlops/x": "y"}
    )
    assert found == (
        Outcome(
            account="123456789012",
            region="eu-west-1",
            endpoint="churn",
            status="failed",
            text=text,
            at=datetime(2026, 11, 26, 22, 0, 0, 500000, UTC),
            reason="smoke test: got 3",
        ),
    )
    assert not found[0].succeeded


def test_what_is_not_understood_is_shown_as_it_is() -> None:
    (found,) = read_outcomes({KEY: "Deployed at=yesterday"})
    assert (found.status, found.at, found.reason, found.succeeded) == ("deployed", None, None, True)
    assert read_outcomes({KEY: ""})[0].status == ""
