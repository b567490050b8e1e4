from __future__ import annotations

import re

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.marks import (
    Mark,
    epoch_of,
    key_for,
    mark_from,
    memory_of,
)
from cdk_sagemaker_mlops.handlers.model_deployment.records import Rollout
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

AT = 1_793_491_212_345
KEY = "cdk-mlops/123456789012/eu-west-1/churn"
OTHER = "cdk-mlops/123456789012/us-east-1/other"


def mark(at: int = AT, epoch: str = "1793491000000", rollout: Rollout = Rollout.FAILED) -> Mark:
    return Mark(
        rollout=rollout,
        at=at,
        config_name="churn-deployment-0a1b2c3d-88b207-v7-8184961748",
        attempt="0123abcd",
        approval="1793490000000",
        epoch=epoch,
    )


def test_a_mark_says_outcome_time_and_config_in_words() -> None:
    assert mark().text == (
        "failed at=2026-11-01T00:00:12.345+00:00 config=churn-deployment-0a1b2c3d-88b207-v7-8184961748 "
        "attempt=0123abcd approval=1793490000000 epoch=1793491000000"
    )


@pytest.mark.parametrize("rollout", [Rollout.SUCCEEDED, Rollout.FAILED])
def test_a_mark_is_read_as_it_was_written(rollout: Rollout) -> None:
    assert mark_from(mark(rollout=rollout).text) == mark(rollout=rollout)


def test_a_mark_fits_what_sagemaker_takes(settings: Settings) -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html
    assert len(mark().text) <= 256
    assert re.fullmatch(r"[\w .:/=+\-@]+", mark().text)
    assert key_for(settings, "eu-west-1") == KEY
    longest = f"cdk-mlops/123456789012/ap-southeast-4/{'e' * 63}/reason"
    assert len(longest) <= 128


@pytest.mark.parametrize(
    "text", ["", "deployed", "failed at=never config=c attempt=a approval=1 epoch=2", "approved by Jo"]
)
def test_what_others_write_is_no_mark(text: str) -> None:
    assert mark_from(text) is None


@pytest.mark.parametrize(
    ("modified", "metadata", "epoch"),
    [
        # Nobody has written anything.
        (AT, {}, str(AT)),
        (0, {}, "0"),
        (AT, {"owner": "Jo"}, str(AT)),
        # The last change is a mark, by either clock.
        (AT, {KEY: mark().text}, "1793491000000"),
        (AT + 2500, {KEY: mark().text}, "1793491000000"),
        (AT - 2500, {KEY: mark().text}, "1793491000000"),
        # Of whichever endpoint; the newest counts.
        (AT, {OTHER: mark().text}, "1793491000000"),
        (AT + 9000, {KEY: mark().text, OTHER: mark(AT + 9000, "5").text}, "5"),
        # Somebody has changed the package since.
        (AT + 3001, {KEY: mark().text}, str(AT + 3001)),
        (AT + 60_000, {KEY: mark().text, OTHER: mark(AT + 9000, "5").text}, str(AT + 60_000)),
        # A reason that looks like a mark is none.
        (AT, {"note": mark().text}, str(AT)),
    ],
)
def test_only_what_others_change_begins_a_new_epoch(
    modified: int, metadata: dict[str, str], epoch: str
) -> None:
    assert epoch_of(modified, metadata) == epoch


def test_a_failure_is_remembered_for_its_own_config_only() -> None:
    metadata = {KEY: mark().text, f"{KEY}/reason": "ping"}
    memory = memory_of(metadata, KEY, config_name=mark().config_name)
    assert memory is not None
    assert (memory.rollout, memory.approval, memory.attempt, memory.reason) == (
        Rollout.FAILED,
        "1793490000000",
        "0123abcd",
        "ping",
    )
    assert memory_of(metadata, KEY, config_name="another") is None
    assert memory_of(metadata, OTHER, config_name=mark().config_name) is None
    assert memory_of({KEY: mark(rollout=Rollout.SUCCEEDED).text}, KEY, config_name=mark().config_name) is None
