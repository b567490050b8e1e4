"""CloudWatch's calls about several alarms ask for every alarm there is.

On AWS DescribeAlarms and DeleteAlarms are permitted by the ARNs of the alarms they name; a policy that names
a deployment's own alarms would be refused here and allowed there.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def apply() -> None:
    """Makes those calls ask for the alarms that they name."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_resource_arn

    def with_alarms(service: str, *request: Any) -> str:
        found = str(extract(service, *request))
        if service != "monitoring" or found != "*":
            return found
        method, path, headers, body, query, region, account = request
        action = str(iam_actions.extract_iam_action(service, method, path, headers, body, query))
        if action not in ("cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"):
            return found
        # Of several, the first: ministack asks for one resource a call.
        name = next(iter(named_alarms(body, query)), "*")
        return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"

    iam_actions.extract_resource_arn = with_alarms


def named_alarms(body: bytes, query: Mapping[str, list[str]]) -> list[str]:
    """Names of the alarms that a request is about, as JSON or as a form.

    Args:
        body: Its body.
        query: Its form members.
    """
    listed = [values[0] for key, values in sorted(query.items()) if key.startswith("AlarmNames.member.")]
    if listed:
        return listed
    try:
        document = json.loads(body)
    except ValueError:
        return []
    return [str(name) for name in document.get("AlarmNames") or []] if isinstance(document, dict) else []
