"""The List operations: one function, because SageMaker's filters, orders and pages follow one convention."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from botocore.utils import parse_to_aware_datetime

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.api_error import invalid
from cdk_sagemaker_mlops.local.engine.store import Record

_PAGE_SIZE = 10
# Filters by request member: how a record passes, given what was asked for.
_TIME_FILTERS: dict[str, tuple[str, Callable[[datetime, datetime], bool]]] = {
    "CreationTimeAfter": ("CreationTime", lambda made, asked: made > asked),
    "CreationTimeBefore": ("CreationTime", lambda made, asked: made < asked),
    "CreatedAfter": ("CreationTime", lambda made, asked: made > asked),
    "CreatedBefore": ("CreationTime", lambda made, asked: made < asked),
    "LastModifiedTimeAfter": ("LastModifiedTime", lambda made, asked: made > asked),
    "LastModifiedTimeBefore": ("LastModifiedTime", lambda made, asked: made < asked),
}
# What SortBy's words stand for; SageMaker sorts by creation time unless asked otherwise.
_SORT_KEYS = {
    "Name": "_Name",
    "Status": "_Status",
    "LastModifiedTime": "LastModifiedTime",
    "CreationTime": "CreationTime",
    "PipelineExecutionArn": "PipelineExecutionArn",
}


def list_records(
    operation: str, params: dict[str, Any], records: Iterable[Record], *, name: str, status: str = ""
) -> dict[str, Any]:
    """Answers a List operation.

    Args:
        operation: Name of the operation; its output shape says under which member the records go.
        params: The request.
        records: Every record of the kind, oldest first.
        name: Key of a record's name.
        status: Key of a record's status. Default: ``''``, the kind has none.

    Returns:
        One page, with a ``NextToken`` when there is another.

    Raises:
        ApiError: The token is not one that a List operation gave.
    """
    found = [record for record in records if _passes(record, params, name, status)]
    found.sort(key=lambda record: _sort_value(record, params, name, status))
    if params.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    start = _read_token(params.get("NextToken"))
    end = start + int(params.get("MaxResults", _PAGE_SIZE))
    page: dict[str, Any] = {_list_member(operation): found[start:end]}
    if end < len(found):
        page["NextToken"] = base64.b64encode(str(end).encode()).decode()
    return shapes.answer(operation, page)


def _list_member(operation: str) -> str:
    output = shapes.operation_model(operation).output_shape
    members = {} if output is None else output.members
    return next(name for name, shape in members.items() if shape.type_name == "list")


def _passes(record: Record, params: dict[str, Any], name: str, status: str) -> bool:
    if params.get("NameContains", "").lower() not in str(record.get(name, "")).lower():
        return False
    if not str(record.get(name, "")).startswith(params.get("PipelineNamePrefix", "")):
        return False
    if "StatusEquals" in params and record.get(status) != params["StatusEquals"]:
        return False
    return all(
        accepts(record[key], parse_to_aware_datetime(params[asked]))
        for asked, (key, accepts) in _TIME_FILTERS.items()
        if asked in params
    )


def _sort_value(record: Record, params: dict[str, Any], name: str, status: str) -> tuple[Any, datetime]:
    key = _SORT_KEYS.get(params.get("SortBy", "CreationTime"), "CreationTime")
    if key == "_Name":
        return record.get(name, ""), record["CreationTime"]
    if key == "_Status":
        return record.get(status, ""), record["CreationTime"]
    return record[key], record["CreationTime"]


def _read_token(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except ValueError as error:
        raise invalid("Invalid pagination token.") from error
