"""Clients of the engine as a process, and what its tests do with them."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
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

from cdk_sagemaker_mlops.local.engine_process import EngineProcess
from cdk_sagemaker_mlops.local.lambda_python import lambda_python

_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
_ROLE = "arn:aws:iam::000000000000:role/any"

# The model that is served.
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


class Aws:
    """Clients of one engine by service name, and the steps that tests are made of."""

    ARN = "arn:aws:sagemaker:us-east-1:000000000000"
    ROLE = _ROLE

    def __init__(self, engine: EngineProcess) -> None:
        self.engine = engine
        self._made: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self.client(service.replace("_", "-"))
        return self._made[service]

    def client(self, service: str, **credentials: str) -> Any:
        """A client, by default of the account's root."""
        given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials}
        return boto3.session.Session().client(
            service,
            endpoint_url=self.engine.endpoint_url,
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}),
            **given,
        )

    @staticmethod
    def until(found: Callable[[], Any], seconds: float = 30) -> Any:
        """What ``found`` gives as soon as it gives something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = found()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"nothing after {seconds} seconds")

    @staticmethod
    def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
        """Code and message of the error that a call fails with."""
        with pytest.raises(ClientError) as caught:
            call(**params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def register(self, bucket: str, group: str, labels: list[int] | None, **members: Any) -> str:
        """A new version of a group, approved unless it says otherwise."""
        key = f"{group}/{time.monotonic_ns()}/model.tar.gz"
        self.s3.put_object(Bucket=bucket, Key=key, Body=_artifact(labels))
        container = {"Image": _IMAGE, "ModelDataUrl": f"s3://{bucket}/{key}", "Environment": _ENVIRONMENT}
        return str(
            self.sagemaker.create_model_package(
                **{"ModelApprovalStatus": "Approved", **members},
                ModelPackageGroupName=group,
                InferenceSpecification={
                    "Containers": [container],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
            )["ModelPackageArn"]
        )

    def config(self, name: str, package: str, **hosting: Any) -> str:
        """A model of a package and an endpoint config, serverless unless it says otherwise."""
        self.sagemaker.create_model(
            ModelName=name, PrimaryContainer={"ModelPackageName": package}, ExecutionRoleArn=_ROLE
        )
        serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
        variant = {"VariantName": "AllTraffic", "ModelName": name, **(hosting or serverless)}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        return name

    def settled(self, name: str) -> dict[str, Any]:
        """An endpoint once nothing happens to it."""

        def described() -> dict[str, Any] | None:
            found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] in ("InService", "Failed") else None

        settled: dict[str, Any] = self.until(described)
        return settled

    def predict(self, name: str, body: str = "-3\n3") -> str:
        """What an endpoint says of a negative and a positive number."""
        answered = self.sagemaker_runtime.invoke_endpoint(
            EndpointName=name, ContentType="text/csv", Accept="text/csv", Body=body
        )
        return str(answered["Body"].read().decode())

    def events_of(self, name: str, pattern: dict[str, Any]) -> Callable[[], list[dict[str, Any]]]:
        """Sends events that match ``pattern`` to a queue; gives a function that takes them from it."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        self.events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.sagemaker"], **pattern}))
        self.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

        return lambda: self.take(url)

    def take(self, url: str) -> list[dict[str, Any]]:
        """Takes what is in a queue."""
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    @staticmethod
    def job(name: str, code: str) -> dict[str, Any]:
        """A pipeline step that runs some Python."""
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

    def pipeline(self, name: str, *steps: dict[str, Any]) -> str:
        """An execution of a new pipeline."""
        definition = {"Version": "2020-12-01", "Parameters": [], "Steps": list(steps)}
        self.sagemaker.create_pipeline(
            PipelineName=name, RoleArn=_ROLE, PipelineDefinition=json.dumps(definition)
        )
        return str(self.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])

    def log(self, execution: str, step: str) -> str:
        """What a step printed; nothing when it has not begun."""
        identifier = execution.rsplit("/", 1)[1]
        url = f"{self.engine.endpoint_url}/_mlops/executions/{identifier}/steps/{step}/log"
        try:
            with urllib.request.urlopen(url) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError:
            return ""

    def deploy(self, name: str, resources: dict[str, Any], *, create: bool = True) -> dict[str, Any]:
        """A stack at rest, after it was made or changed."""
        act = self.cloudformation.create_stack if create else self.cloudformation.update_stack
        act(StackName=name, TemplateBody=json.dumps({"Resources": resources}))

        def at_rest() -> dict[str, Any] | None:
            stack: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack: dict[str, Any] = self.until(at_rest)
        return stack

    def reasons(self, stack_name: str) -> list[str]:
        """Why a stack's resources are as they are."""
        events = self.cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events]

    def remove(self, name: str) -> None:
        """Deletes a stack."""
        self.cloudformation.delete_stack(StackName=name)

        def gone() -> bool:
            try:
                status = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            except ClientError:
                return True
            assert status != "DELETE_FAILED"
            return False

        self.until(gone)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Keys of the objects in a bucket."""
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def function(self, name: str, code: str, role: str = _ROLE) -> str:
        """A new Lambda function."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", textwrap.dedent(code))
        made = getattr(self, "lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": packed.getvalue()},
            Timeout=20,
        )
        return str(made["FunctionArn"])

    def call_function(self, name: str) -> Any:
        """What a Lambda function gives."""
        return json.loads(getattr(self, "lambda").invoke(FunctionName=name)["Payload"].read())


class NewEngine:
    """Starts engines of a test's own, and looks at what they leave.

    Args:
        function_python: Interpreter of functions.
    """

    def __init__(self, function_python: Path) -> None:
        self.function_python = function_python

    until = staticmethod(Aws.until)

    def __call__(self, data_dir: Path, **options: Any) -> EngineProcess:
        """An engine that runs while the block does."""
        return EngineProcess(data_dir=data_dir, lambda_python=self.function_python, **options)

    @staticmethod
    def processes(text: str) -> list[str]:
        """Command lines of running processes that contain ``text``."""
        listed = subprocess.run(
            ["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout
        return [line for line in listed.splitlines() if text in line]

    @staticmethod
    def aws(engine: EngineProcess) -> Aws:
        """Clients of an engine."""
        return Aws(engine)


@pytest.fixture(scope="session")
def new_engine(tool_cache: Path) -> NewEngine:
    return NewEngine(lambda_python(tool_cache))


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, new_engine: NewEngine) -> Iterator[Aws]:
    with new_engine(tmp_path_factory.mktemp("the engine's data é")) as engine:
        yield Aws(engine)


@pytest.fixture(scope="session")
def bucket(aws: Aws) -> str:
    aws.s3.create_bucket(Bucket="models")
    return "models"
