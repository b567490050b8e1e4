"""A control plane with S3, model servers and pipeline runs kept in memory, whose background work waits for
its turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.context import Services
from cdk_sagemaker_mlops.local.engine.control_plane import ControlPlane
from cdk_sagemaker_mlops.local.engine.events import Event
from cdk_sagemaker_mlops.local.engine.executions import Executions
from cdk_sagemaker_mlops.local.engine.fleets import Fleets
from cdk_sagemaker_mlops.local.engine.scope import Scope
from cdk_sagemaker_mlops.local.engine.store import Store

SCOPE = Scope("000000000000", "eu-west-1")
INFERENCE = {
    "Containers": [
        {
            "Image": "image",
            "ModelDataUrl": "s3://bucket/good.tar.gz",
            "Environment": {"A": "package", "B": "b"},
        }
    ],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


class MemoryStorage:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {
            "s3://bucket/good.tar.gz": b"good",
            "s3://bucket/bad.tar.gz": b"bad",
        }

    def list(self, s3_uri: str) -> list[str]:
        return [uri for uri in self.objects if uri.startswith(s3_uri)]

    def download(self, s3_uri: str, path: Path) -> None:
        if s3_uri not in self.objects:
            raise FileNotFoundError(s3_uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.objects[s3_uri])

    def upload(self, path: Path, s3_uri: str) -> None:
        self.objects[s3_uri] = path.read_bytes()

    def read_text(self, bucket: str, key: str, version: str | None = None) -> str:
        return self.objects[f"s3://{bucket}/{key}"].decode()


class MemoryServer:
    """Answers with its environment; an artifact that says ``bad`` does not load."""

    def __init__(self, *, model_artifact: Path, environment: dict[str, str], workdir: Path) -> None:
        self.artifact = model_artifact.read_bytes()
        self.environment = environment
        self.stopped = False

    def start(self, timeout: float = 60) -> None:
        if self.artifact == b"bad":
            raise RuntimeError("no module named model")

    def invoke(self, body: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        if content_type == "text/broken":
            return 415, "text/plain", b"cannot read text/broken"
        return 200, accept, body.upper() + self.environment.get("B", "").encode()

    def stop(self) -> None:
        self.stopped = True


class MemoryRun:
    """A run whose status the test sets."""

    def __init__(self, **arguments: Any) -> None:
        if "Unknown" in arguments["parameters"]:
            raise ValueError("parameters must be of the definition, got 'Unknown'")
        self.arguments = arguments
        self.status = "Executing"
        self.failure_reason: str | None = None
        self.begun = False

    def start(self) -> None:
        self.begun = True

    def become(self, status: str, reason: str | None = None) -> None:
        self.status, self.failure_reason = status, reason
        self.arguments["on_change"]()

    def stop(self) -> None:
        self.become("Stopping")

    def wait(self, timeout: float | None = None) -> None:
        if self.status == "Stopping":
            self.status = "Stopped"

    def steps(self) -> list[dict[str, Any]]:
        return [{"StepName": "Train", "StepStatus": "Executing", "StartTime": self.arguments["began"]}]

    def logs(self, step_name: str) -> str:
        return f"log of {step_name}"


class MemoryWatch:
    """Waits for nothing; the test looks at the endpoint when it would, and may change alarms."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.during: Callable[[], None] = lambda: None

    def __call__(self, seconds: float, trouble: Callable[[], str | None]) -> str | None:
        self.waits.append(seconds)
        self.during()
        return trouble()


@dataclass
class Bench:
    """A control plane and everything it did."""

    plane: ControlPlane
    storage: MemoryStorage
    events: list[Event]
    waiting: list[Callable[[], None]]
    servers: list[MemoryServer] = field(default_factory=list)
    runs: list[MemoryRun] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    watch: MemoryWatch = field(default_factory=MemoryWatch)
    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    scope: Scope = SCOPE

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.plane.call(self.scope, operation, params)

    def refusal(self, operation: str, **params: Any) -> str:
        with pytest.raises(ApiError) as caught:
            self.call(operation, **params)
        return str(caught.value)

    def run_background(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def statuses(self, key: str) -> list[Any]:
        return [event.detail[key] for event in self.events if key in event.detail]

    def package(self, group: str = "churn", **params: Any) -> str:
        params = {"InferenceSpecification": INFERENCE, **params}
        return str(self.call("CreateModelPackage", ModelPackageGroupName=group, **params)["ModelPackageArn"])

    def endpoint_config(self, name: str, artifact: str = "s3://bucket/good.tar.gz") -> str:
        container = {"Image": "image", "ModelDataUrl": artifact}
        self.call("CreateModel", ModelName=name, PrimaryContainer=container)
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
        variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
        self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant])
        return name

    def instance_config(self, name: str, artifact: str = "s3://bucket/good.tar.gz", **variant: Any) -> str:
        container = {"Image": "image", "ModelDataUrl": artifact}
        self.call("CreateModel", ModelName=name, PrimaryContainer=container)
        described = {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
            **variant,
        }
        self.call("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[described])
        return name

    def instance_endpoint(self, name: str) -> None:
        self.call("CreateEndpoint", EndpointName=name, EndpointConfigName=self.instance_config(f"{name}-1"))
        self.run_background()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    storage, events, waiting = MemoryStorage(), [], []
    servers: list[MemoryServer] = []
    runs: list[MemoryRun] = []
    alarms: dict[str, str] = {}
    watch = MemoryWatch()
    published: list[tuple[str, dict[str, Any]]] = []

    def launch_server(**arguments: Any) -> MemoryServer:
        servers.append(MemoryServer(**arguments))
        return servers[-1]

    def launch_run(**arguments: Any) -> MemoryRun:
        from datetime import UTC, datetime

        runs.append(MemoryRun(**arguments))
        runs[-1].arguments["began"] = datetime.now(UTC)
        return runs[-1]

    plane = ControlPlane(
        Services(
            store=Store(),
            emit=lambda scope, event: events.append(event),
            storage_for=lambda scope: storage,
            fleets=Fleets(tmp_path / "endpoints", lambda scope: storage, launch_server),
            executions=Executions(tmp_path / "executions", launch_run),
            background=waiting.append,
            alarm_state=lambda scope, name: alarms.get(name),
            publish=lambda scope, topic, text: published.append((topic, json.loads(text))),
            watch=watch,
        )
    )
    return Bench(plane, storage, events, waiting, servers, runs, alarms, watch, published)


@pytest.fixture
def inference() -> dict[str, Any]:
    return INFERENCE
