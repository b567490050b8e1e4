"""A stack with a registry and its deployer alone: models are registered by hand, and are small."""

import sys

from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_mlops import (
    AsyncEndpoint,
    AutoScaling,
    CanaryRollout,
    CapacitySize,
    ModelDeployment,
    ModelRegistry,
    RealTimeEndpoint,
    ScheduledScaling,
    SmokeTest,
)

TEST = SmokeTest(payload="-3\n3", accept="text/csv", expect="0,1")


def on_instances(**options):
    return RealTimeEndpoint(
        initial_instance_count=2,
        rollout=CanaryRollout(
            canary_size=CapacitySize(instance_count=1),
            wait_interval_in_seconds=600,
            termination_wait_in_seconds=300,
        ),
        **options,
    )


def scaling(**options):
    night = ScheduledScaling(name="night", schedule="cron(0 20 * * ? *)", min_capacity=2, max_capacity=2)
    return AutoScaling(
        min_capacity=2, max_capacity=4, invocations_per_instance=100, schedules=[night], **options
    )


ENDPOINTS = {
    "instances": lambda: on_instances(auto_scaling=scaling()),
    "larger": lambda: on_instances(auto_scaling=scaling(), instance_type="ml.m5.xlarge"),
    # The model's program does not exist under this name, so that no container comes up.
    "broken": lambda: on_instances(environment={"SAGEMAKER_PROGRAM": "missing.py"}),
    "async": AsyncEndpoint,
}

app = App()
stack = Stack(app, "Loop")
registry = ModelRegistry(
    stack, "Registry", model_package_group_name="loop", removal_policy=RemovalPolicy.DESTROY
)
for name, hosting in (pair.split("=") for pair in sys.argv[1:]):
    ModelDeployment(
        stack,
        name.capitalize(),
        model_registry=registry,
        endpoint=ENDPOINTS[hosting](),
        endpoint_name=name,
        artifact_bucket=s3.Bucket.from_bucket_name(stack, f"{name.capitalize()}Bucket", "models"),
        smoke_test=TEST,
        keep_versions=1,
    )
app.synth()
