"""``AWS::Events::EventBusPolicy``: a statement of an event bus's policy.

It is kept and shown by DescribeEventBus. The engine does not enforce it.
"""

from __future__ import annotations

from typing import Any

_TYPE = "AWS::Events::EventBusPolicy"
_MEMBERS = ("Action", "Principal", "Condition")


def register() -> None:
    """Adds the type to ministack."""
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS[_TYPE] = {"create": _create, "update": _update, "delete": _delete}
    provisioners._REPLACING_PROPERTIES[_TYPE] = ("EventBusName", "StatementId")


def statement(properties: dict[str, Any]) -> dict[str, Any]:
    """The policy statement that properties amount to, without its resource.

    Args:
        properties: Properties of the resource: a whole ``Statement``, or its parts.
    """
    whole = properties.get("Statement")
    if whole is None:
        whole = {name: properties[name] for name in _MEMBERS if name in properties}
        principal = whole.get("Principal")
        if isinstance(principal, str) and principal.isdigit():
            whole["Principal"] = {"AWS": f"arn:aws:iam::{principal}:root"}
    return {"Effect": "Allow", **whole, "Sid": properties["StatementId"]}


def _create(_logical_id: str, properties: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    bus, identifier = _bus(properties), properties["StatementId"]
    _replace(bus, identifier, [statement(properties)])
    return f"{bus}|{identifier}", {}


def _update(
    physical_id: str, _old: dict[str, Any], new: dict[str, Any], _stack_name: str
) -> tuple[str, dict[str, str]]:
    _replace(_bus(new), new["StatementId"], [statement(new)])
    return physical_id, {}


def _delete(physical_id: str, _properties: dict[str, Any]) -> None:
    bus, _, identifier = physical_id.partition("|")
    _replace(bus, identifier, [])


def _bus(properties: dict[str, Any]) -> str:
    return str(properties.get("EventBusName", "default"))


def _replace(bus: str, identifier: str, statements: list[dict[str, Any]]) -> None:
    from ministack.services import eventbridge

    policies = eventbridge._event_bus_policies
    before = policies.get(bus, {"Statement": []})["Statement"]
    kept = [one for one in before if one.get("Sid") != identifier] + statements
    if kept:
        policies[bus] = {"Version": "2012-10-17", "Statement": kept}
    else:
        policies.pop(bus, None)
