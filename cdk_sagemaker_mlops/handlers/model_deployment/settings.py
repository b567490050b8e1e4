"""What one deployment is told by its stack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import contract

NO_SCALING = "none"
_KEEP_VERSIONS = 3


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one deployment is told by its stack.

    Args:
        model_package_group: Group whose approved packages are deployed: name, or ARN if it is elsewhere.
        endpoint_name: Endpoint to keep up to date.
        name_prefix: Start of every name this deployment gives; no other deployment in the account has it.
        execution_role_arn: Role that SageMaker takes on to read and run the model.
        queue_url: Queue of the triggers.
        topic_arn: SNS topic that outcomes are told to; empty for none.
        hosting: How models are hosted, as :mod:`..contract` lays it out.
    """

    model_package_group: str
    endpoint_name: str
    name_prefix: str
    execution_role_arn: str
    queue_url: str
    topic_arn: str
    hosting: Mapping[str, Any]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the environment variables of a queue handler."""
        return cls(
            model_package_group=environment[contract.MODEL_PACKAGE_GROUP],
            endpoint_name=environment[contract.ENDPOINT_NAME],
            name_prefix=environment[contract.NAME_PREFIX],
            execution_role_arn=environment[contract.EXECUTION_ROLE_ARN],
            queue_url=environment[contract.QUEUE_URL],
            topic_arn=environment[contract.TOPIC_ARN],
            hosting=json.loads(environment[contract.HOSTING]),
        )

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Settings:
        """Reads the properties of a custom resource."""
        return cls.from_environment(
            {variable: properties[name] for variable, name in contract.PROPERTY_OF.items()}
        )

    @property
    def account(self) -> str:
        """The account that everything here belongs to; a role can only be passed within one."""
        return self.execution_role_arn.split(":")[4]

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov``..."""
        return self.execution_role_arn.split(":")[1]

    @property
    def kind(self) -> str:
        """``Serverless``, ``RealTime`` or ``Async``."""
        kind: str = self.hosting[contract.KIND]
        return kind

    @property
    def variant(self) -> Mapping[str, Any]:
        """The production variant, without its model's name."""
        variant: Mapping[str, Any] = self.hosting[contract.PRODUCTION_VARIANT]
        return variant

    @property
    def hardware(self) -> str:
        """What the variant runs on; a scalable target does not survive a change of it."""
        return str(self.variant.get("InstanceType", contract.SERVERLESS))

    def part(self, key: str) -> Mapping[str, Any]:
        """Returns one optional part of the hosting config, empty if it is absent."""
        part: Mapping[str, Any] = self.hosting.get(key, {})
        return part

    @property
    def removes(self) -> bool:
        """Whether the endpoint goes when no version is approved."""
        return bool(self.hosting.get(contract.WHEN_NONE_APPROVED, contract.KEEP) == contract.REMOVE)

    @property
    def keep_versions(self) -> int:
        """How many deployed configs and models are kept."""
        return int(self.hosting.get(contract.KEEP_VERSIONS, _KEEP_VERSIONS))

    @property
    def attempt(self) -> str:
        """Changes with whatever decides on a rollout without being part of the endpoint config."""
        return fingerprint([self.part(contract.SMOKE_TEST), self.part(contract.DEPLOYMENT_CONFIG)])

    @property
    def scaling(self) -> str:
        """Changes with how the endpoint is scaled; ``NO_SCALING`` if it is not."""
        scaling = self.part(contract.SCALING)
        return fingerprint(scaling) if scaling else NO_SCALING


def fingerprint(value: object, length: int = 8) -> str:
    """Returns hexadecimal digits that differ for different values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:length]
