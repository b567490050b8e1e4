from __future__ import annotations

from typing import Any

import pytest

ARN = "arn:aws:sagemaker:eu-west-1:000000000000"


def _approved_package(bench: Any, status: str) -> str:
    bench.call("CreateModelPackageGroup", ModelPackageGroupName="churn")
    return str(bench.package(ModelApprovalStatus=status))


def test_a_model_is_made_of_an_approved_package(bench: Any) -> None:
    arn = _approved_package(bench, "Approved")

    bench.call("CreateModel", ModelName="One", PrimaryContainer={"ModelPackageName": arn})

    described = bench.call("DescribeModel", ModelName="One")
    assert described["ModelArn"] == f"{ARN}:model/one"
    assert described["PrimaryContainer"] == {"ModelPackageName": arn}
    assert described["EnableNetworkIsolation"] is False


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_fails_to_make_a_model_of_a_package_that_is_not_approved(bench: Any, status: str) -> None:
    arn = _approved_package(bench, status)

    assert bench.refusal("CreateModel", ModelName="one", PrimaryContainer={"ModelPackageName": arn}) == (
        f"ValidationException: Cannot create a model from model package {arn}: "
        f"its approval status is {status}, and must be Approved."
    )


def test_fails_to_make_a_model_of_a_package_that_does_not_exist(bench: Any) -> None:
    arn = f"{ARN}:model-package/churn/1"

    assert bench.refusal("CreateModel", ModelName="one", PrimaryContainer={"ModelPackageName": arn}) == (
        f"ValidationException: ModelPackage {arn} does not exist."
    )


def test_fails_to_make_a_model_that_exists(bench: Any) -> None:
    bench.call("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"})

    assert bench.refusal("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"}) == (
        f'ValidationException: Cannot create already existing model "{ARN}:model/one".'
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Exactly one of PrimaryContainer and Containers must be specified."),
        (
            {"PrimaryContainer": {"Image": "i"}, "Containers": [{"Image": "i"}]},
            "Exactly one of PrimaryContainer and Containers must be specified.",
        ),
        (
            {"PrimaryContainer": {"ModelDataUrl": "s3://bucket/m.tar.gz"}},
            "A container definition must specify either Image or ModelPackageName.",
        ),
    ],
)
def test_fails_to_make_a_model_of_nothing(bench: Any, params: dict[str, Any], text: str) -> None:
    assert bench.refusal("CreateModel", ModelName="one", **params) == f"ValidationException: {text}"


def test_a_deleted_model_is_gone(bench: Any) -> None:
    bench.call("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"})

    assert bench.call("DeleteModel", ModelName="one") == {}

    gone = f'ValidationException: Could not find model "{ARN}:model/one".'
    assert bench.refusal("DescribeModel", ModelName="one") == gone
    assert bench.refusal("DeleteModel", ModelName="one") == gone


def test_scopes_do_not_see_each_other(bench: Any) -> None:
    bench.call("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"})
    bench.scope = type(bench.scope)("111111111111", "us-east-1")

    assert bench.call("ListModels") == {"Models": []}


def test_the_caller_s_request_is_not_kept(bench: Any) -> None:
    container = {"Image": "i", "Environment": {"A": "1"}}
    bench.call("CreateModel", ModelName="one", PrimaryContainer=container)

    container["Environment"]["A"] = "2"  # type: ignore[index]

    described = bench.call("DescribeModel", ModelName="one")
    assert described["PrimaryContainer"]["Environment"] == {"A": "1"}
