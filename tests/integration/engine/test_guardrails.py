"""Rollouts under guardrails, scaling and asynchronous inference on a running engine, through plain boto3."""

from __future__ import annotations

from typing import Any

import pytest

_INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
_TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/guarded/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
# An hour's wait takes six seconds.
_CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 3600,
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        }
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "guard"}]},
}


@pytest.fixture(scope="module")
def guarded(aws: Any, bucket: str) -> Any:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="guarded")
    first = aws.config("guarded-1", aws.register(bucket, "guarded", [0, 0, 1, 1]), **_INSTANCES)
    aws.config("guarded-2", aws.register(bucket, "guarded", [1, 1, 0, 0]), **_INSTANCES)
    aws.sagemaker.create_endpoint(EndpointName="guarded", EndpointConfigName=first)
    math = [{"Id": "errors", "Expression": "FILL(m, 0)", "ReturnData": True}]
    alarm = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "guard",
            "Metrics": math,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    }
    assert aws.deploy("guard", {"Alarm": alarm})["StackStatus"] == "CREATE_COMPLETE"
    aws.settled("guarded")
    return aws


def test_both_models_answer_until_an_alarm_gives_the_traffic_back(guarded: Any) -> None:
    aws = guarded
    aws.sagemaker.update_endpoint(
        EndpointName="guarded", EndpointConfigName="guarded-2", DeploymentConfig=_CANARY
    )

    assert aws.until(lambda: aws.predict("guarded") == "1,0")
    assert aws.until(lambda: aws.predict("guarded") == "0,1")
    described = aws.sagemaker.describe_endpoint(EndpointName="guarded")
    (pending,) = described["PendingDeploymentSummary"]["ProductionVariants"]
    assert (pending["VariantStatus"][0]["Status"], pending["CurrentWeight"]) == ("Baking", 0.5)

    aws.cloudwatch.set_alarm_state(AlarmName="guard", StateValue="ALARM", StateReason="the test says so")
    settled = aws.settled("guarded")
    aws.cloudwatch.set_alarm_state(AlarmName="guard", StateValue="OK", StateReason="the test says so")
    assert settled["EndpointConfigName"] == "guarded-1"
    assert settled["FailureReason"] == "The following alarms are in the ALARM state: guard."
    assert {aws.predict("guarded") for _ in range(5)} == {"0,1"}
    (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=["guard"])["MetricAlarms"]
    assert alarm["Metrics"][0]["Expression"] == "FILL(m, 0)"


def test_a_registered_variant_keeps_its_instance_type(guarded: Any, bucket: str) -> None:
    aws = guarded
    scaling = aws.application_autoscaling
    scaling.register_scalable_target(**_TARGET, MinCapacity=1, MaxCapacity=4)
    package = aws.register(bucket, "guarded", [0, 0, 1, 1])
    larger = aws.config("guarded-3", package, InstanceType="ml.m5.xlarge", InitialInstanceCount=2)

    code, message = aws.refusal(
        aws.sagemaker.update_endpoint, EndpointName="guarded", EndpointConfigName=larger
    )

    assert (code, "must be deregistered" in message) == ("ValidationException", True)
    roles = [role["RoleName"] for role in aws.iam.list_roles()["Roles"]]
    assert "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint" in roles
    scaling.deregister_scalable_target(**_TARGET)
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_an_asynchronous_endpoint_answers_into_s3(guarded: Any, bucket: str) -> None:
    aws = guarded
    aws.sagemaker.create_endpoint_config(
        EndpointConfigName="later",
        ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": "guarded-1", **_INSTANCES}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{bucket}/answers"}},
    )
    aws.sagemaker.create_endpoint(EndpointName="later", EndpointConfigName="later")
    aws.settled("later")
    aws.s3.put_object(Bucket=bucket, Key="asked.csv", Body=b"-3\n3")

    asked = aws.sagemaker_runtime.invoke_endpoint_async(
        EndpointName="later", ContentType="text/csv", InputLocation=f"s3://{bucket}/asked.csv"
    )

    key = asked["OutputLocation"].removeprefix(f"s3://{bucket}/")
    assert aws.until(lambda: key in aws.keys(bucket, "answers/"))
    assert aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"0,1"


def test_a_stack_s_event_bus_policy_comes_and_goes(aws: Any) -> None:
    policy = {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {
            "StatementId": "elsewhere",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "events:PutEvents",
                "Resource": "arn:aws:events:us-east-1:000000000000:event-bus/default",
            },
        },
    }

    assert aws.deploy("bus", {"Policy": policy})["StackStatus"] == "CREATE_COMPLETE"
    assert '"elsewhere"' in aws.events.describe_event_bus(Name="default")["Policy"]

    aws.remove("bus")
    assert "elsewhere" not in aws.events.describe_event_bus(Name="default").get("Policy", "")
