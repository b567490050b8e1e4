from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.cloudformation.event_bus_policy import statement

_WHOLE = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "events:PutEvents", "Resource": "*"}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Statement": _WHOLE}, {**_WHOLE, "Sid": "s"}),
        ({"Statement": {**_WHOLE, "Effect": "Deny"}}, {**_WHOLE, "Effect": "Deny", "Sid": "s"}),
        (
            {"Action": "events:PutEvents", "Principal": "111122223333"},
            {
                "Effect": "Allow",
                "Action": "events:PutEvents",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Sid": "s",
            },
        ),
        ({"Action": "a", "Principal": "*"}, {"Effect": "Allow", "Action": "a", "Principal": "*", "Sid": "s"}),
    ],
)
def test_a_statement_is_taken_whole_or_made_of_its_parts(
    properties: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert statement({"StatementId": "s", "EventBusName": "default", **properties}) == expected
