"""What one deployment is told by its stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import contract


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one deployment is told by its stack.

    Args:
        model_package_group: Group whose approved packages are deployed: name, or ARN if it is elsewhere.
        endpoint_name: Endpoint to keep up to date.
        name_prefix: Start of every name this deployment gives; no other deployment in the account has it.
        execution_role_arn: Role that SageMaker takes on to read and run the model.
        queue_url: Queue of the triggers.
        topic_arn: SNS topic that outcomes are told to.
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
