"""Models trained and approved in one account, served in another.

Deploy `Training` first; `Production` asks for its outputs `ArtifactBucketName` and `ModelsKeyArn`. From then
on, what is approved in the training account is deployed in both, in production under guardrails.
"""

import re
from pathlib import Path

from aws_cdk import App, CfnOutput, CfnParameter, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_mlops import (
    AutoScaling,
    CanaryRollout,
    Encryption,
    MlopsPipeline,
    ModelDeployment,
    ModelRegistry,
    RealTimeEndpoint,
    SmokeTest,
    StandardPipeline,
)

REGION = "eu-west-1"
TRAINING_ACCOUNT, PRODUCTION_ACCOUNT = "111122223333", "444455556666"
QUICKSTART = Path(__file__).parents[1] / "quickstart"
SMOKE_TEST = SmokeTest(payload=(QUICKSTART / "payload.csv").read_text(), expect=re.compile(r'"label":\s*1\b'))

app = App()

training = Stack(app, "Training", env=Environment(account=TRAINING_ACCOUNT, region=REGION))
# Another account can read what SageMaker's jobs write only if they encrypt it with a key of yours.
key = kms.Key(training, "ModelsKey", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY)
mlops = MlopsPipeline(
    training,
    "Mlops",
    pipeline=StandardPipeline(
        source_dir=QUICKSTART.parents[1] / "model_code",
        metric_name="accuracy",
        metric_threshold=0.9,
        encryption=Encryption(output_kms_key_id=key.key_arn),
    ),
    input_data=QUICKSTART / "data",
    smoke_test=SMOKE_TEST,
    shared_with=[PRODUCTION_ACCOUNT],
    encryption_key=key,
    removal_policy=RemovalPolicy.DESTROY,  # an example leaves nothing behind; the default keeps your models
)
CfnOutput(training, "ModelsKeyArn", value=key.key_arn)

production = Stack(app, "Production", env=Environment(account=PRODUCTION_ACCOUNT, region=REGION))
bucket_name = CfnParameter(production, "ArtifactBucketName", description="Output of the training stack")
key_arn = CfnParameter(production, "ModelsKeyArn", description="Output of the training stack")
ModelDeployment(
    production,
    "Churn",
    model_registry=ModelRegistry.from_model_package_group_arn(
        production,
        "Registry",
        f"arn:aws:sagemaker:{REGION}:{TRAINING_ACCOUNT}:model-package-group/{mlops.model_package_group_name}",
    ),
    artifact_bucket=s3.Bucket.from_bucket_attributes(
        production,
        "Models",
        bucket_name=bucket_name.value_as_string,
        encryption_key=kms.Key.from_key_arn(production, "ModelsKey", key_arn.value_as_string),
    ),
    endpoint=RealTimeEndpoint(
        initial_instance_count=2,
        auto_scaling=AutoScaling(min_capacity=2, max_capacity=8, invocations_per_instance=600),
        rollout=CanaryRollout(),
    ),
    smoke_test=SMOKE_TEST,
)
app.synth()
