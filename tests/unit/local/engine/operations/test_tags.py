from __future__ import annotations

from typing import Any

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model/one"


def test_tags_are_added_listed_and_deleted(bench: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    bench.call("CreateModel", ModelName="One", PrimaryContainer={"Image": "i"}, Tags=tags)

    bench.call("AddTags", ResourceArn=ARN, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert bench.call("ListTags", ResourceArn=ARN)["Tags"] == [
        {"Key": "a", "Value": "3"},
        {"Key": "b", "Value": "2"},
    ]
    bench.call("DeleteTags", ResourceArn=ARN, TagKeys=["a", "none"])

    assert bench.call("ListTags", ResourceArn=ARN)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_tags_go_with_their_resource(bench: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    bench.call("CreateModel", ModelName="One", PrimaryContainer={"Image": "i"}, Tags=tags)
    bench.call("DeleteModel", ModelName="One")

    assert bench.refusal("ListTags", ResourceArn=ARN) == (
        f"ValidationException: Resource {ARN} does not exist."
    )
