"""Names that the constructs write and the handlers read: the only file both sides import."""

from __future__ import annotations

# Where Lambda finds each handler: the asset's root is the folder that holds the package `handlers`,
# so that relative imports mean the same in Lambda and in tests.
QUEUE_HANDLER = "handlers.model_deployment.queue_handler.handler"
ON_EVENT_HANDLER = "handlers.custom_resource.on_event"
IS_COMPLETE_HANDLER = "handlers.custom_resource.is_complete"

# Settings of one deployment: environment variables of its queue handler.
MODEL_PACKAGE_GROUP_NAME = "MODEL_PACKAGE_GROUP_NAME"
ENDPOINT_NAME = "ENDPOINT_NAME"
NAME_PREFIX = "NAME_PREFIX"
EXECUTION_ROLE_ARN = "EXECUTION_ROLE_ARN"
HOSTING = "HOSTING"

PROPERTY_OF = {
    MODEL_PACKAGE_GROUP_NAME: "ModelPackageGroupName",
    ENDPOINT_NAME: "EndpointName",
    NAME_PREFIX: "NamePrefix",
    EXECUTION_ROLE_ARN: "ExecutionRoleArn",
    HOSTING: "Hosting",
}
"""The same settings as properties of the custom resources."""

PRODUCTION_VARIANT = "ProductionVariant"
"""Key, inside the JSON text of ``HOSTING``, of the variant's body without the model's name."""

MODEL_DEPLOYMENT = "Custom::SageMakerModelDeployment"
"""Resource type that waits, on create and update, until the endpoint serves what it should."""

MODEL_DEPLOYMENT_CLEANUP = "Custom::SageMakerModelDeploymentCleanup"
"""Resource type that removes, on delete, the endpoint and what was made for it."""

MODEL_PACKAGE_GROUP_PURGE = "Custom::SageMakerModelPackageGroupPurge"
"""Resource type that empties and deletes, on delete, a model package group."""

NAME_PREFIX_MAX_LENGTH = 36
"""Longest prefix that leaves room for endpoint hash, version and digest in SageMaker's 63 characters."""
