"""Names that the constructs write and the handlers read: the only file both sides import."""

from __future__ import annotations

# Where Lambda finds each handler: the asset's root is the folder that holds the package `handlers`,
# so that relative imports mean the same in Lambda and in tests.
QUEUE_HANDLER = "handlers.model_deployment.queue_handler.handler"
ON_EVENT_HANDLER = "handlers.custom_resource.on_event"
IS_COMPLETE_HANDLER = "handlers.custom_resource.is_complete"

# Settings of one deployment: environment variables of its queue handler, which Lambda limits to 4 KB in all.
MODEL_PACKAGE_GROUP = "MODEL_PACKAGE_GROUP"
"""Name of the group, or its ARN if it is of another account or region."""
ENDPOINT_NAME = "ENDPOINT_NAME"
NAME_PREFIX = "NAME_PREFIX"
EXECUTION_ROLE_ARN = "EXECUTION_ROLE_ARN"
QUEUE_URL = "QUEUE_URL"
"""URL of the queue of triggers: nothing is removed for good while one of its messages is being worked on."""
TOPIC_ARN = "TOPIC_ARN"
"""ARN of the SNS topic that outcomes are told to."""
HOSTING = "HOSTING"
"""How models are hosted: JSON text, with the keys below."""

PROPERTY_OF = {
    MODEL_PACKAGE_GROUP: "ModelPackageGroup",
    ENDPOINT_NAME: "EndpointName",
    NAME_PREFIX: "NamePrefix",
    EXECUTION_ROLE_ARN: "ExecutionRoleArn",
    QUEUE_URL: "QueueUrl",
    TOPIC_ARN: "TopicArn",
    HOSTING: "Hosting",
}
"""The same settings as properties of the custom resources."""

WAIT = "Wait"
"""The custom resource's only: ``"true"`` (also when absent) to wait for the rollout, or ``"false"``."""

# Keys of HOSTING. Only the first two are required.
KIND = "Kind"
"""``SERVERLESS``, ``REAL_TIME`` or ``ASYNC``. An endpoint of another kind is replaced, not updated."""
PRODUCTION_VARIANT = "ProductionVariant"
"""One ProductionVariant of CreateEndpointConfig without ``ModelName``; ``VariantName`` is VARIANT_NAME."""
ENDPOINT_CONFIG = "EndpointConfig"
"""More members of CreateEndpointConfig: ``DataCaptureConfig``, ``AsyncInferenceConfig``, ``KmsKeyId``."""
MODEL = "Model"
"""More of CreateModel: ``VpcConfig``, ``EnableNetworkIsolation``; and ``Environment`` for the container."""
DEPLOYMENT_CONFIG = "DeploymentConfig"
"""``DeploymentConfig`` of CreateEndpoint and UpdateEndpoint."""
SCALING = "Scaling"
"""``MinCapacity``, ``MaxCapacity``, and the keys of scaling below."""
SMOKE_TEST = "SmokeTest"
"""A request that has to succeed before a rollout counts as one; keys below."""
WHEN_NONE_APPROVED = "WhenNoneApproved"
"""What becomes of the endpoint when no version is approved: ``KEEP`` (also when absent) or ``REMOVE``."""
KEEP_VERSIONS = "KeepVersions"
"""Deployed versions whose model and endpoint config are kept, 1 to MOST_KEEP_VERSIONS. Absent: 3."""
IMAGE_REGISTRIES = "ImageRegistries"
"""For a group of another region: account of an image's registry there -> account here."""
ARTIFACT_BUCKET = "ArtifactBucket"
"""Bucket here that model artifacts are copied to. Required for a group of another region."""

VARIANT_NAME = "AllTraffic"
SERVERLESS = "Serverless"
REAL_TIME = "RealTime"
ASYNC = "Async"
KEEP = "Keep"
REMOVE = "Remove"

# Keys of scaling.
MIN_CAPACITY = "MinCapacity"
MAX_CAPACITY = "MaxCapacity"
TARGET_TRACKING = "TargetTracking"
"""List of ``{"PolicyName", "TargetTrackingScalingPolicyConfiguration"}``."""
SCHEDULED_ACTIONS = "ScheduledActions"
"""List of PutScheduledAction members: ``ScheduledActionName``, ``Schedule``, ``ScalableTargetAction``."""
SCALE_FROM_ZERO = "ScaleFromZero"
"""True to start the first instance of an Async endpoint as soon as there is a backlog."""

# Keys of the smoke test.
BODY = "Body"
"""The payload, base64."""
CONTENT_TYPE = "ContentType"
ACCEPT = "Accept"
TIMEOUT_IN_SECONDS = "TimeoutInSeconds"
"""Time for the right answer, all tries together, 1 to MOST_SMOKE_TEST_SECONDS. Absent: 60."""
EXPECT = "Expect"
"""One of the three keys below with its text. Absent: any answer will do."""
CONTAINS = "Contains"
EQUALS = "Equals"
REGEX = "Regex"

MOST_HOSTING_CHARACTERS = 3000
MOST_KEEP_VERSIONS = 20
MOST_SMOKE_TEST_SECONDS = 180
LOOK_TIMEOUT_IN_SECONDS = 300
"""Lambda timeout of the queue handler and of the custom resource's: a smoke test runs inside a look."""

ARTIFACT_COPIES = "models/"
"""Where in ARTIFACT_BUCKET the copies are: ``models/<name of the model>.tar.gz``."""

# What the controller tells EventBridge's default bus.
EVENT_SOURCE = "cdk-sagemaker-mlops"
EVENT_DETAIL_TYPE = "Model Deployment State Change"

MODEL_PACKAGE_GROUP_NAME = "ModelPackageGroupName"
"""Property of the group's purge: the name of the group."""

MODEL_DEPLOYMENT = "Custom::SageMakerModelDeployment"
"""Resource type that waits, on create and update, until the endpoint serves what it should."""

MODEL_DEPLOYMENT_CLEANUP = "Custom::SageMakerModelDeploymentCleanup"
"""Resource type that removes, on delete, the endpoint and what was made for it."""

MODEL_PACKAGE_GROUP_PURGE = "Custom::SageMakerModelPackageGroupPurge"
"""Resource type that empties and deletes, on delete, a model package group."""

NAME_PREFIX_MAX_LENGTH = 36
"""Longest prefix that leaves room for endpoint hash, version and digest in SageMaker's 63 characters."""
