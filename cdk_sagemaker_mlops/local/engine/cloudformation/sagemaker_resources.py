"""Makes, changes and deletes the ``AWS::SageMaker::*`` resources of stacks, through the control plane."""

from __future__ import annotations

import time
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.cloudformation.sagemaker_types import (
    RESOURCE_TYPES,
    ResourceType,
    policy_text,
    request,
)
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane
from cdk_sagemaker_mlops.local.engine.ministack_scope import current_scope
from cdk_sagemaker_mlops.local.engine.scope import name_of

# Physical id and attributes: what a resource handler returns.
Made = tuple[str, dict[str, str]]

_POLL_SECONDS = 0.1
_GONE = ("Could not find", "does not exist")


class ResourceHandler:
    """Handles one type, as ministack's table of handlers calls it.

    Args:
        kind: The type.
        plane: The control plane.
    """

    def __init__(self, kind: ResourceType, plane: ControlPlane) -> None:
        self._kind = kind
        self._plane = plane
        # By physical id: an ARN has the name in lower case, so a generated name cannot be read from it.
        self._names: dict[str, str] = {}

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Made:
        """Makes the resource, named after the stack when the template does not name it."""
        from ministack.services.cloudformation.provisioners import _physical_name

        kind = self._kind
        unsupported = sorted(properties.keys() - kind.properties)
        if unsupported:
            raise ValueError(f"Encountered unsupported properties: {unsupported}")
        name = properties.get(kind.name_property)
        if name is None:
            name = str(_physical_name(stack_name, logical_id, max_len=63))
        self._call(f"Create{kind.noun}", {**properties, kind.name_property: name})
        self._apply_policy(name, {}, properties)
        if kind.noun == "Endpoint":
            self._settle_new_endpoint(name)
        return self._made(name)

    def update(self, physical_id: str, old: dict[str, Any], new: dict[str, Any], _stack_name: str) -> Made:
        """Changes the resource in place."""
        kind = self._kind
        name = self._name(physical_id, new)
        before, after = self._without_tags(old), self._without_tags(new)
        if kind.update is not None and before != after:
            self._call(kind.update, {**new, kind.name_property: name})
        self._apply_policy(name, old, new)
        if kind.noun == "Endpoint" and before != after:
            self._settle_updated_endpoint(name, new["EndpointConfigName"])
        self._apply_tags(name, old, new)
        return self._made(name)

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        """Deletes the resource; one that is gone already is deleted."""
        kind = self._kind
        name = self._name(physical_id, properties)
        try:
            self._call(f"Delete{kind.noun}", {kind.name_property: name})
        except ValueError as error:
            if not any(text in str(error) for text in _GONE):
                raise
            return
        if kind.noun == "Endpoint":
            self._wait_until_gone(name)

    def _name(self, physical_id: str, properties: dict[str, Any]) -> str:
        given = properties.get(self._kind.name_property)
        return self._names.get(physical_id, name_of(physical_id)) if given is None else str(given)

    def _call(self, operation: str, properties: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._plane.call(current_scope(), operation, request(operation, properties))
        except ApiError as error:
            # ministack makes a failed resource event of it, with this text as the reason.
            raise ValueError(
                f"{error.message} (Service: SageMaker, Status Code: {error.status}, Error Code: {error.code})"
            ) from error

    def _describe(self, name: str) -> dict[str, Any]:
        return self._call(f"Describe{self._kind.noun}", {self._kind.name_property: name})

    def _made(self, name: str) -> Made:
        described = self._describe(name)
        self._names[described[self._kind.reference]] = name
        return described[self._kind.reference], {key: str(described[key]) for key in self._kind.attributes}

    @staticmethod
    def _without_tags(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            key: value for key, value in properties.items() if key not in ("Tags", "ModelPackageGroupPolicy")
        }

    def _apply_policy(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        before, after = old.get("ModelPackageGroupPolicy"), new.get("ModelPackageGroupPolicy")
        if before == after:
            return
        group = {"ModelPackageGroupName": name}
        if after is None:
            self._call("DeleteModelPackageGroupPolicy", group)
        else:
            self._call("PutModelPackageGroupPolicy", {**group, "ResourcePolicy": policy_text(after)})

    def _apply_tags(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        before = {tag["Key"]: tag["Value"] for tag in old.get("Tags", [])}
        after = {tag["Key"]: tag["Value"] for tag in new.get("Tags", [])}
        if before == after:
            return
        arn = self._describe(name)[self._kind.arn_member]
        gone = [key for key in before if key not in after]
        if gone:
            self._call("DeleteTags", {"ResourceArn": arn, "TagKeys": gone})
        if after:
            self._call("AddTags", {"ResourceArn": arn, "Tags": new["Tags"]})

    def _settled(self, name: str) -> dict[str, Any]:
        while True:
            described = self._describe(name)
            if described["EndpointStatus"] in ("InService", "Failed"):
                return described
            time.sleep(_POLL_SECONDS)

    def _settle_new_endpoint(self, name: str) -> None:
        described = self._settled(name)
        if described["EndpointStatus"] == "Failed":
            # The stack never learns this resource's id, so nothing else would delete it.
            self._call("DeleteEndpoint", {"EndpointName": name})
            self._wait_until_gone(name)
            raise ValueError(f"Endpoint {name} failed to create: {described.get('FailureReason')}")

    def _settle_updated_endpoint(self, name: str, config_name: str) -> None:
        described = self._settled(name)
        if described["EndpointConfigName"] != config_name:
            raise ValueError(f"Endpoint {name} rolled back its update: {described.get('FailureReason')}")

    def _wait_until_gone(self, name: str) -> None:
        while True:
            try:
                self._describe(name)
            except ValueError:
                return
            time.sleep(_POLL_SECONDS)


def register(plane: ControlPlane) -> None:
    """Adds the types to ministack, and lets them wait: they must not hold up the event loop."""
    from ministack.services.cloudformation import provisioners, stacks

    for type_name, kind in RESOURCE_TYPES.items():
        handler = ResourceHandler(kind, plane)
        provisioners._RESOURCE_HANDLERS[type_name] = {
            "create": handler.create,
            "update": handler.update,
            "delete": handler.delete,
        }
        provisioners._REPLACING_PROPERTIES[type_name] = tuple(sorted(kind.replacing_properties))
        provisioners._STACK_TAG_PROPERTY[type_name] = ("Tags", "list")
    waits = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda type_name: type_name in RESOURCE_TYPES or waits(type_name)
