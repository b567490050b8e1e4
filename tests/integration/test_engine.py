"""The engine as a process, through plain boto3."""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import textwrap
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from sklearn.linear_model import LogisticRegression

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine_process import EngineProcess, end_engine
from cdk_sagemaker_mlops.local.lambda_python import lambda_python

_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
_ROLE = "arn:aws:iam::000000000000:role/any"
_ARN = "arn:aws:sagemaker:us-east-1:000000000000"


class Aws:
    """Clients of one engine."""

    def __init__(self, engine: EngineProcess) -> None:
        self.engine = engine
        self._made: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = boto3.session.Session().client(
                service.replace("_", "-"),
                endpoint_url=self.engine.endpoint_url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 1}),
            )
        return self._made[service]


@pytest.fixture(scope="module")
def function_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lambda_python(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, function_python: Path) -> Iterator[Aws]:
    data_dir = tmp_path_factory.mktemp("the engine's data é")
    with EngineProcess(data_dir=data_dir, lambda_python=function_python) as engine:
        yield Aws(engine)


@pytest.fixture(scope="module")
def bucket(aws: Aws) -> str:
    aws.s3.create_bucket(Bucket="models")
    return "models"


def _until(found: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"nothing after {seconds} seconds")


def _refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# --- the model that is served -------------------------------------------------------------------------------

_INFERENCE = """
import os, pickle

def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)

def input_fn(body, content_type):
    if content_type != "text/csv":
        raise ValueError(f"cannot read {content_type}")
    text = body.decode() if isinstance(body, bytes) else body
    return [[float(cell) for cell in line.split(",")] for line in text.splitlines()]

def predict_fn(rows, model):
    return model.predict(rows)

def output_fn(prediction, accept):
    return ",".join(str(value) for value in prediction)
"""
_ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


def _artifact(labels: list[int] | None) -> bytes:
    """A model trained to tell negative numbers from positive ones; without labels, one that cannot load."""
    model = b"no pickle"
    if labels is not None:
        model = pickle.dumps(LogisticRegression().fit([[-2.0], [-1.0], [1.0], [2.0]], labels))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("model.pkl", model), ("code/inference.py", _INFERENCE.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _register(aws: Aws, bucket: str, group: str, labels: list[int] | None) -> str:
    key = f"{group}/{time.monotonic_ns()}/model.tar.gz"
    aws.s3.put_object(Bucket=bucket, Key=key, Body=_artifact(labels))
    container = {"Image": _IMAGE, "ModelDataUrl": f"s3://{bucket}/{key}", "Environment": _ENVIRONMENT}
    return str(
        aws.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
    )


def _config(aws: Aws, name: str, package: str) -> str:
    aws.sagemaker.create_model(
        ModelName=name, PrimaryContainer={"ModelPackageName": package}, ExecutionRoleArn=_ROLE
    )
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
    aws.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return name


def _settled(aws: Aws, name: str) -> dict[str, Any]:
    def described() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.sagemaker.describe_endpoint(EndpointName=name)
        return found if found["EndpointStatus"] in ("InService", "Failed") else None

    settled: dict[str, Any] = _until(described)
    return settled


def _predict(aws: Aws, name: str, body: str = "-3\n3") -> str:
    answered = aws.sagemaker_runtime.invoke_endpoint(
        EndpointName=name, ContentType="text/csv", Accept="text/csv", Body=body
    )
    return str(answered["Body"].read().decode())


def _queue_of_events(aws: Aws, name: str, pattern: dict[str, Any]) -> Callable[[], list[dict[str, Any]]]:
    """Sends events that match ``pattern`` to a queue; gives a function that takes them from it."""
    url = aws.sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    aws.events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.sagemaker"], **pattern}))
    aws.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[dict[str, Any]]:
        messages = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return take


def test_an_endpoint_lives_from_its_first_model_to_its_deletion(aws: Aws, bucket: str) -> None:
    take = _queue_of_events(aws, "endpoints", {"detail-type": ["SageMaker Endpoint State Change"]})
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="signs")
    first = _config(aws, "first", _register(aws, bucket, "signs", [0, 0, 1, 1]))
    second = _config(aws, "second", _register(aws, bucket, "signs", [1, 1, 0, 0]))
    broken = _config(aws, "broken", _register(aws, bucket, "signs", None))

    aws.sagemaker.create_endpoint(EndpointName="signs", EndpointConfigName=first)
    assert _settled(aws, "signs")["EndpointStatus"] == "InService"
    assert _predict(aws, "signs") == "0,1"

    aws.sagemaker.update_endpoint(EndpointName="signs", EndpointConfigName=second)
    assert _settled(aws, "signs")["EndpointConfigName"] == second
    assert _predict(aws, "signs") == "1,0"

    aws.sagemaker.update_endpoint(EndpointName="signs", EndpointConfigName=broken)
    rolled_back = _settled(aws, "signs")
    assert rolled_back["EndpointConfigName"] == second
    assert "did not pass the ping health check" in rolled_back["FailureReason"]
    assert _predict(aws, "signs") == "1,0"

    aws.sagemaker.delete_endpoint(EndpointName="signs")
    _until(lambda: not aws.sagemaker.list_endpoints()["Endpoints"])
    code, _ = _refusal(aws.sagemaker_runtime.invoke_endpoint, EndpointName="signs", Body=b"1")
    assert code == "ValidationError"

    events: list[dict[str, Any]] = []
    _until(lambda: (events.extend(take()), len(events) >= 8)[1])
    statuses = sorted(event["detail"]["EndpointStatus"] for event in events)
    assert statuses == sorted(
        [
            "CREATING",
            "IN_SERVICE",
            "UPDATING",
            "IN_SERVICE",
            "UPDATING",
            "ROLLING_BACK",
            "IN_SERVICE",
            "DELETING",
        ]
    )


def test_a_model_s_own_error_comes_back(aws: Aws, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="errors")
    config = _config(aws, "errors", _register(aws, bucket, "errors", [0, 0, 1, 1]))
    aws.sagemaker.create_endpoint(EndpointName="errors", EndpointConfigName=config)
    _settled(aws, "errors")

    with pytest.raises(ClientError) as caught:
        aws.sagemaker_runtime.invoke_endpoint(EndpointName="errors", ContentType="image/png", Body=b"x")

    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert caught.value.response["OriginalStatusCode"] >= 400  # type: ignore[typeddict-item]
    assert "cannot read image/png" in caught.value.response["OriginalMessage"]  # type: ignore[typeddict-item]


def test_decisions_reach_a_queue_through_a_rule(aws: Aws, bucket: str) -> None:
    pattern = {
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["decisions"], "ModelApprovalStatus": ["Approved", "Rejected"]},
    }
    take = _queue_of_events(aws, "decisions", pattern)
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="decisions")
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName="decisions")["ModelPackageArn"]

    aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    events = _until(take)
    assert [event["detail"]["ModelApprovalStatus"] for event in events] == ["Approved"]
    assert events[0]["resources"] == [arn]
    assert (events[0]["account"], events[0]["region"]) == ("000000000000", "us-east-1")


def test_an_operation_that_is_not_emulated_says_so(aws: Aws) -> None:
    assert _refusal(aws.sagemaker.list_training_jobs) == (
        "UnknownOperationException",
        "ListTrainingJobs is not emulated",
    )


def test_regions_are_apart(aws: Aws) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="regional")
    elsewhere = boto3.session.Session().client(
        "sagemaker",
        endpoint_url=aws.engine.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    assert elsewhere.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


# --- pipelines ----------------------------------------------------------------------------------------------


def _job(name: str, code: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
            },
            "AppSpecification": {"ImageUri": _IMAGE, "ContainerEntrypoint": ["python3", "-c", code]},
            "RoleArn": _ROLE,
        },
    }


def _pipeline(aws: Aws, name: str, *steps: dict[str, Any]) -> str:
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": list(steps)}
    aws.sagemaker.create_pipeline(PipelineName=name, RoleArn=_ROLE, PipelineDefinition=json.dumps(definition))
    started = aws.sagemaker.start_pipeline_execution(PipelineName=name)
    return str(started["PipelineExecutionArn"])


def _ended(aws: Aws, execution: str) -> dict[str, Any]:
    def described() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        return None if found["PipelineExecutionStatus"] in ("Executing", "Stopping") else found

    ended: dict[str, Any] = _until(described)
    return ended


def _log(aws: Aws, execution: str, step: str) -> str:
    identifier = execution.rsplit("/", 1)[1]
    url = f"{aws.engine.endpoint_url}/_mlops/executions/{identifier}/steps/{step}/log"
    with urllib.request.urlopen(url) as response:
        return str(response.read().decode())


def test_an_execution_runs_its_jobs(aws: Aws) -> None:
    pattern = {"detail-type": ["SageMaker Model Building Pipeline Execution Status Change"]}
    take = _queue_of_events(aws, "executions", pattern)

    execution = _pipeline(aws, "speaks", _job("Speak", "print('said by the job')"))

    assert _ended(aws, execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = aws.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)[
        "PipelineExecutionSteps"
    ]
    assert [(step["StepName"], step["StepStatus"]) for step in steps] == [("Speak", "Succeeded")]
    assert "said by the job" in _log(aws, execution, "Speak")
    statuses: list[str] = []
    _until(
        lambda: (
            statuses.extend(event["detail"]["currentPipelineExecutionStatus"] for event in take()),
            len(statuses) >= 2,
        )[1]
    )
    assert sorted(statuses) == ["Executing", "Succeeded"]


def test_a_failed_job_fails_its_execution_with_the_reason(aws: Aws) -> None:
    execution = _pipeline(aws, "fails", _job("Break", "raise SystemExit('out of luck')"))

    ended = _ended(aws, execution)

    assert ended["PipelineExecutionStatus"] == "Failed"
    assert "Break" in ended["FailureReason"]
    assert "out of luck" in _log(aws, execution, "Break")


def test_an_execution_can_be_stopped(aws: Aws) -> None:
    execution = _pipeline(
        aws, "sleeps", _job("Sleep", "import time; print('asleep', flush=True); time.sleep(600)")
    )
    _until(lambda: "asleep" in _log_or_nothing(aws, execution, "Sleep"))

    aws.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken="t" * 32)

    assert _ended(aws, execution)["PipelineExecutionStatus"] == "Stopped"


def _log_or_nothing(aws: Aws, execution: str, step: str) -> str:
    try:
        return _log(aws, execution, step)
    except urllib.error.HTTPError:
        return ""


# --- stacks -------------------------------------------------------------------------------------------------


def _deploy(aws: Aws, name: str, resources: dict[str, Any], *, create: bool = True) -> dict[str, Any]:
    act = aws.cloudformation.create_stack if create else aws.cloudformation.update_stack
    act(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    return _stack_at_rest(aws, name)


def _stack_at_rest(aws: Aws, name: str) -> dict[str, Any]:
    def at_rest() -> dict[str, Any] | None:
        stack: dict[str, Any] = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    stack: dict[str, Any] = _until(at_rest)
    return stack


def _remove(aws: Aws, name: str) -> None:
    aws.cloudformation.delete_stack(StackName=name)

    def gone() -> bool:
        try:
            status = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError:
            return True
        assert status != "DELETE_FAILED"
        return False

    _until(gone)


def test_a_stack_makes_changes_and_deletes_sagemaker_s_resources(aws: Aws, bucket: str) -> None:
    definition = json.dumps({"Version": "2020-12-01", "Steps": []})
    aws.s3.put_object(Bucket=bucket, Key="definition.json", Body=definition.encode())
    group: dict[str, Any] = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "stacked", "ModelPackageGroupDescription": "first"},
    }
    location = {"PipelineDefinitionS3Location": {"Bucket": bucket, "Key": "definition.json"}}
    pipeline = {
        "Type": "AWS::SageMaker::Pipeline",
        "Properties": {"PipelineName": "stacked", "RoleArn": _ROLE, "PipelineDefinition": location},
    }
    resources = {"Group": group, "Pipeline": pipeline}

    assert _deploy(aws, "made", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert aws.sagemaker.describe_pipeline(PipelineName="stacked")["PipelineDefinition"] == definition

    newer = {"PipelineDefinitionBody": json.dumps({"Version": "2020-12-01", "Steps": [], "Metadata": {}})}
    pipeline["Properties"] = {**pipeline["Properties"], "PipelineDefinition": newer}  # type: ignore[dict-item]
    group["Properties"]["Tags"] = [{"Key": "team", "Value": "churn"}]
    assert _deploy(aws, "made", resources, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert "Metadata" in aws.sagemaker.describe_pipeline(PipelineName="stacked")["PipelineDefinition"]
    tags = aws.sagemaker.list_tags(ResourceArn=f"{_ARN}:model-package-group/stacked")["Tags"]
    assert {"Key": "team", "Value": "churn"} in tags

    _remove(aws, "made")
    code, _ = _refusal(aws.sagemaker.describe_pipeline, PipelineName="stacked")
    assert code == "ResourceNotFound"


def _served(package: str) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InitialVariantWeight": "1",
        "InitialInstanceCount": "1",
        "InstanceType": "ml.m5.large",
    }
    container = {"ModelPackageName": package}
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    return {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {"PrimaryContainer": container, "ExecutionRoleArn": _ROLE},
        },
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointName": "stacked", "EndpointConfigName": config},
        },
    }


def test_a_stack_s_endpoint_moves_to_its_new_model(aws: Aws, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="served")
    resources = _served(_register(aws, bucket, "served", [0, 0, 1, 1]))
    assert _deploy(aws, "served", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert _predict(aws, "stacked") == "0,1"

    # A model cannot be changed: the change replaces it, and what refers to it in turn.
    resources = _served(_register(aws, bucket, "served", [1, 1, 0, 0]))
    assert _deploy(aws, "served", resources, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert _predict(aws, "stacked") == "1,0"
    assert len(aws.sagemaker.list_models(NameContains="served-Model")["Models"]) == 1

    _remove(aws, "served")
    assert aws.sagemaker.list_endpoints(NameContains="stacked")["Endpoints"] == []
    assert aws.sagemaker.list_models(NameContains="served-Model")["Models"] == []


def test_a_stack_whose_model_does_not_load_rolls_back(aws: Aws, bucket: str) -> None:
    aws.sagemaker.create_model_package_group(ModelPackageGroupName="unserved")

    stack = _deploy(aws, "unserved", _served(_register(aws, bucket, "unserved", None)))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = aws.cloudformation.describe_stack_events(StackName="unserved")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("did not pass the ping health check" in reason for reason in reasons)
    assert aws.sagemaker.list_endpoints(NameContains="stacked")["Endpoints"] == []


def _deployment(bucket: str, **properties: Any) -> dict[str, Any]:
    given = {
        "ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none",
        "SourceBucketNames": [bucket],
        "SourceObjectKeys": ["asset.zip"],
        "SourceMarkers": [{"<<marker>>": "value"}],
        "DestinationBucketName": bucket,
        **properties,
    }
    return {"Deployment": {"Type": "Custom::CDKBucketDeployment", "Properties": given}}


def _keys(aws: Aws, bucket: str, prefix: str) -> list[str]:
    return [item["Key"] for item in aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def test_a_bucket_deployment_copies_prunes_moves_and_empties(aws: Aws, bucket: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", '{"name": "<<marker>>"}')
        archive.writestr("sub/b.txt", "text")
    aws.s3.put_object(Bucket=bucket, Key="asset.zip", Body=packed.getvalue())
    aws.s3.put_object(Bucket=bucket, Key="to/old.txt", Body=b"old")
    there = {"DestinationBucketKeyPrefix": "to", "RetainOnDelete": "false"}

    assert _deploy(aws, "copied", _deployment(bucket, **there))["StackStatus"] == "CREATE_COMPLETE"
    assert _keys(aws, bucket, "to/") == ["to/a.json", "to/sub/b.txt"]
    copied = aws.s3.get_object(Bucket=bucket, Key="to/a.json")
    assert (copied["Body"].read(), copied["ContentType"]) == (b'{"name": "value"}', "application/json")

    moved = _deployment(bucket, DestinationBucketKeyPrefix="then", RetainOnDelete="false", Extract="false")
    assert _deploy(aws, "copied", moved, create=False)["StackStatus"] == "UPDATE_COMPLETE"
    assert _keys(aws, bucket, "to/") == []
    assert _keys(aws, bucket, "then/") == ["then/asset.zip"]

    _remove(aws, "copied")
    assert _keys(aws, bucket, "then/") == []


def test_a_retained_deployment_stays_and_does_not_prune(aws: Aws, bucket: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "text")
    aws.s3.put_object(Bucket=bucket, Key="asset.zip", Body=packed.getvalue())
    aws.s3.put_object(Bucket=bucket, Key="kept/old.txt", Body=b"old")

    _deploy(aws, "kept", _deployment(bucket, DestinationBucketKeyPrefix="kept", Prune="false"))
    _remove(aws, "kept")

    assert _keys(aws, bucket, "kept/") == ["kept/a.txt", "kept/old.txt"]


# --- repairs ------------------------------------------------------------------------------------------------


def _function(aws: Aws, name: str, code: str) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", textwrap.dedent(code))
    made = aws.__getattr__("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_ROLE,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=20,
    )
    return str(made["FunctionArn"])


def test_a_function_has_boto3_and_nothing_of_the_engine_s(aws: Aws) -> None:
    _function(
        aws,
        "imports",
        """
        import importlib.util, os
        def handler(event, context):
            names = ("boto3", "numpy", "ministack", "cdk_sagemaker_mlops")
            return {
                "found": [name for name in names if importlib.util.find_spec(name)],
                "account": __import__("boto3").client("sts").get_caller_identity()["Account"],
                "home": os.environ["HOME"],
            }
        """,
    )

    answered = aws.__getattr__("lambda").invoke(FunctionName="imports")["Payload"].read()

    told = json.loads(answered)
    assert (told["found"], told["account"]) == (["boto3"], "000000000000")
    assert told["home"].startswith(str(aws.engine.log_path.parent))


def test_an_event_s_function_is_retried(aws: Aws, bucket: str) -> None:
    arn = _function(
        aws,
        "retried",
        """
        import boto3
        def handler(event, context):
            s3 = boto3.client("s3")
            tried = s3.list_objects_v2(Bucket="models", Prefix="tries/").get("KeyCount", 0)
            s3.put_object(Bucket="models", Key=f"tries/{tried}", Body=b"")
            if tried < 1:
                raise RuntimeError("not yet")
        """,
    )
    aws.events.put_rule(Name="retried", EventPattern=json.dumps({"source": ["test.retried"]}))
    aws.events.put_targets(Rule="retried", Targets=[{"Id": "function", "Arn": arn}])

    aws.events.put_events(Entries=[{"Source": "test.retried", "DetailType": "any", "Detail": "{}"}])

    assert _until(lambda: len(_keys(aws, bucket, "tries/")) == 2)


def test_a_fifo_queue_drops_an_event_target_s_repeated_message(aws: Aws) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = aws.sqs.create_queue(QueueName="looks.fifo", Attributes=attributes)["QueueUrl"]
    target = {
        "Id": "queue",
        "Arn": "arn:aws:sqs:us-east-1:000000000000:looks.fifo",
        "Input": '{"look": "again"}',
        "SqsParameters": {"MessageGroupId": "one"},
    }
    aws.events.put_rule(Name="looks", EventPattern=json.dumps({"source": ["test.looks"]}))
    aws.events.put_targets(Rule="looks", Targets=[target])

    for _ in range(2):
        aws.events.put_events(Entries=[{"Source": "test.looks", "DetailType": "any", "Detail": "{}"}])

    told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessages"] == "1"


def test_a_stack_s_bucket_has_its_tags(aws: Aws) -> None:
    made = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged"}}
    made["Properties"]["Tags"] = [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]  # type: ignore[index]

    _deploy(aws, "tagged", {"Bucket": made})

    tags = aws.s3.get_bucket_tagging(Bucket="tagged")["TagSet"]
    assert {"Key": "aws-cdk:auto-delete-objects", "Value": "true"} in tags


# --- the process --------------------------------------------------------------------------------------------


def _processes(text: str) -> list[str]:
    """Command lines of running processes that contain ``text``."""
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listed.splitlines() if text in line]


def test_stopping_ends_jobs_models_and_functions(tmp_path: Path, function_python: Path) -> None:
    with EngineProcess(data_dir=tmp_path / "data", lambda_python=function_python) as engine:
        aws = Aws(engine)
        aws.s3.create_bucket(Bucket="models")
        aws.sagemaker.create_model_package_group(ModelPackageGroupName="signs")
        config = _config(aws, "signs", _register(aws, "models", "signs", [0, 0, 1, 1]))
        aws.sagemaker.create_endpoint(EndpointName="signs", EndpointConfigName=config)
        _settled(aws, "signs")
        _function(aws, "idle", "def handler(event, context): return 1")
        aws.__getattr__("lambda").invoke(FunctionName="idle")
        execution = _pipeline(
            aws, "sleeps", _job("Sleep", "print('asleep', flush=True); import time; time.sleep(99)")
        )
        _until(lambda: "asleep" in _log_or_nothing(aws, execution, "Sleep"))
        assert len(_processes(str(tmp_path))) >= 3

        began = time.monotonic()
        engine.stop()

        assert time.monotonic() - began < 5.5
        assert _processes(str(tmp_path)) == []


_STARTER = """
import sys, time
from pathlib import Path
from cdk_sagemaker_mlops.local.engine_process import EngineProcess

engine = EngineProcess(
    data_dir=Path(sys.argv[1]), lambda_python=Path(sys.argv[2]), detached=sys.argv[3] == "detached"
)
print(engine.pid, engine.endpoint_url, flush=True)
time.sleep(600)
"""


def _start_and_kill_the_starter(tmp_path: Path, function_python: Path, how: str) -> tuple[int, str]:
    command = [sys.executable, "-c", _STARTER, str(tmp_path / "data"), str(function_python), how]
    starter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout:
        pid, url = starter.stdout.readline().split()
        assert len(_processes(str(tmp_path / "data"))) == 2
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    return int(pid), url


def test_the_engine_ends_when_its_starter_is_killed(tmp_path: Path, function_python: Path) -> None:
    _start_and_kill_the_starter(tmp_path, function_python, "attached")

    _until(lambda: not _processes(str(tmp_path / "data")), 5)


def test_a_detached_engine_goes_on_until_it_is_ended(tmp_path: Path, function_python: Path) -> None:
    pid, url = _start_and_kill_the_starter(tmp_path, function_python, "detached")
    try:
        time.sleep(0.5)
        assert len(_processes(str(tmp_path / "data"))) == 1
        with urllib.request.urlopen(f"{url}/_ministack/health") as response:
            assert response.status == 200
    finally:
        end_engine(pid)

    assert _processes(str(tmp_path / "data")) == []
    end_engine(pid)


def test_fails_to_listen_for_other_machines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cdk_sagemaker_mlops.local.engine", "--data-dir", str(tmp_path)]

    ran = subprocess.run(
        [*command, "--lambda-python", sys.executable, "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, json.loads(ran.stdout)["problems"][0]["code"]) == (2, "NotLoopback")
    assert ran.stderr == (
        "NotLoopback: host must be an IPv4 loopback address, got '0.0.0.0'; "
        "use '127.0.0.1': the engine runs code for whoever can reach it\n"
    )


def test_fails_with_what_the_engine_said(aws: Aws, tmp_path: Path, function_python: Path) -> None:
    with pytest.raises(LocalRunError) as caught:
        EngineProcess(data_dir=tmp_path, lambda_python=function_python, port=aws.engine.port)

    assert str(caught.value) == (
        "PortUnavailable: port must be free on 127.0.0.1 (Address already in use), "
        f"got {aws.engine.port}; choose another, or 0 for a free one"
    )


def test_everything_is_written_below_the_data_folder(tmp_path: Path, function_python: Path) -> None:
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    code = _STARTER.replace("time.sleep(600)", "engine.stop()")
    command = [sys.executable, "-c", code, str(tmp_path / "data"), str(function_python), "attached"]

    subprocess.run(command, check=True, env={**os.environ, "TMPDIR": str(elsewhere)}, capture_output=True)

    assert list(elsewhere.iterdir()) == []


def test_a_web_page_is_turned_away(aws: Aws) -> None:
    request = urllib.request.Request(aws.engine.endpoint_url, headers={"Origin": "https://example.com"})

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    assert caught.value.code == 403
    caught.value.close()


def test_fails_on_a_property_the_type_does_not_have(aws: Aws) -> None:
    group = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "g", "Color": 1},
    }

    assert _deploy(aws, "unsupported", {"Group": group})["StackStatus"] == "ROLLBACK_COMPLETE"

    events = aws.cloudformation.describe_stack_events(StackName="unsupported")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("Encountered unsupported properties: ['Color']" in reason for reason in reasons)
