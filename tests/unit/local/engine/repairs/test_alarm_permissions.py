from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.engine.repairs.alarm_permissions import named_alarms


@pytest.mark.parametrize(
    ("body", "query", "names"),
    [
        (b'{"AlarmNames": ["a", "b"]}', {}, ["a", "b"]),
        (b"Action=DescribeAlarms", {"AlarmNames.member.1": ["a"], "Action": ["DescribeAlarms"]}, ["a"]),
        (b'{"AlarmNamePrefix": "a"}', {}, []),
        (b"", {}, []),
        (b"[]", {}, []),
    ],
)
def test_alarms_are_named_in_each_protocol(
    body: bytes, query: dict[str, list[str]], names: list[str]
) -> None:
    assert named_alarms(body, query) == names
