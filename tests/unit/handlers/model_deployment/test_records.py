from __future__ import annotations

import re

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.records import (
    Record,
    Rollout,
    record_from,
    single_tag,
    tag_text,
)

RECORD = Record(
    rollout=Rollout.REQUESTED,
    approval="1793490000000",
    attempt="0123abcd",
    previous="churn-deployment-0a1b2c3d-88b207-v7-8184961748",
    package_arn="arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:model-package/churn-models/8",
    created="1793480000",
    kind="RealTime",
    hardware="ml.m5.large",
    scaling="none",
    at=1_793_491_212_345,
    note="not watched, already in ALARM: churn-errors",
    reason="",
    swept="3",
    marked="yes",
)


def test_a_record_is_read_as_it_was_written() -> None:
    note = "not watched already in ALARM: churn-errors"
    assert record_from(RECORD.tags()) == Record(**{**vars(RECORD), "note": note})


def test_a_record_leaves_room_for_other_tags_and_fits_in_them() -> None:
    assert len(RECORD.tags()) < 20
    for key, value in RECORD.tags().items():
        assert re.fullmatch(r"[\w .:/=+\-@]{1,128}", key)
        assert re.fullmatch(r"[\w .:/=+\-@]{0,256}", value)


@pytest.mark.parametrize(
    "tags", [{}, {"cdk-sagemaker-mlops:rollout": "half-way"}, {"cdk-sagemaker-mlops:approval": "1"}]
)
def test_other_tags_are_no_record(tags: dict[str, str]) -> None:
    assert record_from(tags) is None


def test_a_time_that_is_none_counts_as_long_ago() -> None:
    found = record_from({"cdk-sagemaker-mlops:rollout": "failed", "cdk-sagemaker-mlops:at": "soon"})
    assert found == Record(rollout=Rollout.FAILED)


def test_one_field_can_be_changed_alone() -> None:
    assert record_from({**RECORD.tags(), **single_tag("scaling", "4711")}) == Record(
        **{**vars(RECORD), "scaling": "4711", "note": "not watched already in ALARM: churn-errors"}
    )


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("plain", "plain"),
        ('Could not find model "arn:x/y".', "Could not find model arn:x/y ."),
        ("two\nlines,\tone; (brackets)", "two lines one brackets"),
        ("x" * 300, "x" * 256),
        ("Zürich", "Zürich"),
    ],
)
def test_words_are_cut_to_what_tags_take(text: str, tag: str) -> None:
    assert tag_text(text) == tag
