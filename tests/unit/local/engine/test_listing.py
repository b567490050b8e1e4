from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.listing import list_records

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _endpoint(number: int, name: str, status: str = "InService") -> dict[str, Any]:
    moment = _START + timedelta(hours=number)
    return {
        "EndpointName": name,
        "EndpointArn": f"arn/{name}",
        "CreationTime": moment,
        "LastModifiedTime": moment,
        "EndpointStatus": status,
    }


_RECORDS = [_endpoint(0, "beta"), _endpoint(1, "alpha", "Failed"), _endpoint(2, "gamma")]


def _names(**params: Any) -> list[str]:
    page = list_records("ListEndpoints", params, _RECORDS, name="EndpointName", status="EndpointStatus")
    return [item["EndpointName"] for item in page["Endpoints"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["gamma", "alpha", "beta"]),
        ({"SortOrder": "Ascending"}, ["beta", "alpha", "gamma"]),
        ({"SortBy": "Name", "SortOrder": "Ascending"}, ["alpha", "beta", "gamma"]),
        ({"SortBy": "Status", "SortOrder": "Ascending"}, ["alpha", "beta", "gamma"]),
        ({"NameContains": "A"}, ["gamma", "alpha", "beta"]),
        ({"NameContains": "ET"}, ["beta"]),
        ({"StatusEquals": "Failed"}, ["alpha"]),
        ({"CreationTimeAfter": _START}, ["gamma", "alpha"]),
        ({"CreationTimeBefore": (_START + timedelta(hours=1)).timestamp()}, ["beta"]),
        ({"LastModifiedTimeAfter": _START + timedelta(minutes=90)}, ["gamma"]),
    ],
)
def test_records_are_filtered_and_sorted(params: dict[str, Any], expected: list[str]) -> None:
    assert _names(**params) == expected


def test_pages_follow_each_other() -> None:
    first = list_records("ListEndpoints", {"MaxResults": 2}, _RECORDS, name="EndpointName")
    second = list_records(
        "ListEndpoints", {"MaxResults": 2, "NextToken": first["NextToken"]}, _RECORDS, name="EndpointName"
    )

    assert [item["EndpointName"] for item in first["Endpoints"]] == ["gamma", "alpha"]
    assert [item["EndpointName"] for item in second["Endpoints"]] == ["beta"]
    assert "NextToken" not in second


def test_a_summary_has_its_own_members_only() -> None:
    page = list_records(
        "ListModels", {}, [{**_RECORDS[0], "ModelName": "m", "ModelArn": "a"}], name="ModelName"
    )

    assert page["Models"] == [{"ModelName": "m", "ModelArn": "a", "CreationTime": _START}]


@pytest.mark.parametrize("token", ["?", "bm9uZQ=="])
def test_fails_on_a_token_that_was_not_given(token: str) -> None:
    with pytest.raises(ApiError, match=r"Invalid pagination token\."):
        list_records("ListEndpoints", {"NextToken": token}, _RECORDS, name="EndpointName")
