"""A deployed stack of a registry and its deployer, and what people do to it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.data_folder import DataFolder
from cdk_sagemaker_mlops.local.deployment import Deployment, deploy_app
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.toolchain import Toolchain, prepare

_APP = Path(__file__).parent / "app" / "app.py"
_BUCKET = "models"
GROUP = "loop"
GOOD, BAD = [0, 0, 1, 1], [1, 1, 0, 0]


class Loop:
    """The stack, its registry and its endpoints.

    Args:
        aws: Clients of the engine.
        folder: Where the app and its tools write.
        toolchain: Node and the CDK CLI.
    """

    def __init__(self, aws: Any, folder: Path, toolchain: Toolchain) -> None:
        self.aws = aws
        self._folder = folder
        self._toolchain = toolchain
        self.deployment: Deployment | None = None

    def deploy(self, **hosting: str) -> None:
        """Runs the app with a hosting for each endpoint, and deploys it with the CDK CLI."""
        app = self._folder / "app"
        app.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(_APP), *(f"{name}={kind}" for name, kind in hosting.items())]
        (app / "cdk.json").write_text(json.dumps({"app": " ".join(f'"{word}"' for word in command)}))
        data = DataFolder(root=self._folder)
        for path in (data.home / "tmp", data.scratch):
            path.mkdir(parents=True, exist_ok=True)
        self.deployment = deploy_app(
            AppFolder(path=app),
            data=data,
            toolchain=self._toolchain,
            engine=self.aws.engine.environment,
            stages=Stages(tell=lambda event: None),
        )

    def destroy(self) -> None:
        """Destroys the stack with the CDK CLI."""
        if self.deployment is not None:
            self.deployment.destroy()
            self.deployment = None

    def forget(self) -> None:
        """Leaves the stack to the end of the engine: destroying it takes longer."""
        self.deployment = None

    def approve(self, labels: list[int] | None = GOOD) -> int:
        """Registers an approved version, whose number it gives."""
        return int(self.aws.register(_BUCKET, GROUP, labels).rpartition("/")[2])

    def register(self) -> int:
        """Registers a version that nobody has decided about."""
        package = self.aws.register(_BUCKET, GROUP, GOOD, ModelApprovalStatus="PendingManualApproval")
        return int(package.rpartition("/")[2])

    def decide(self, version: int, status: str) -> None:
        """Approves or rejects a version."""
        self.aws.sagemaker.update_model_package(
            ModelPackageArn=self.package_arn(version), ModelApprovalStatus=status
        )

    def package_arn(self, version: int) -> str:
        """ARN of a version."""
        return f"{self.aws.ARN}:model-package/{GROUP}/{version}"

    def mark(self, version: int, endpoint: str = "live") -> str:
        """How a version's deployment ended, in the words on it, and why."""
        described = self.aws.sagemaker.describe_model_package(ModelPackageName=self.package_arn(version))
        metadata = described.get("CustomerMetadataProperties", {})
        key = f"cdk-mlops/000000000000/us-east-1/{endpoint}"
        return f"{metadata.get(key, '')} {metadata.get(f'{key}/reason', '')}".strip()

    def endpoint(self, name: str = "live") -> dict[str, Any]:
        """The endpoint; empty when there is none."""
        try:
            found: dict[str, Any] = self.aws.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError:
            return {}
        return found

    def version(self, name: str = "live") -> int | None:
        """Version that an endpoint at rest serves; ``None`` when it is not at rest."""
        described = self.endpoint(name)
        if described.get("EndpointStatus") != "InService":
            return None
        return int(described["EndpointConfigName"].rpartition("-v")[2].partition("-")[0])

    def comes_to(self, version: int, name: str = "live", *, seconds: float = 90) -> None:
        """Waits until an endpoint serves a version, and the version says that it is deployed."""
        self.aws.until(
            lambda: self.version(name) == version and self.mark(version, name).startswith("deployed"), seconds
        )

    def fails(self, version: int, name: str = "live", *, seconds: float = 90) -> str:
        """Waits until a version says that it failed; gives what it says."""
        self.aws.until(lambda: self.mark(version, name).startswith("failed"), seconds)
        return self.mark(version, name)

    def is_quiet(self, prefix: str = "") -> bool:
        """Whether no trigger waits or is worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for url in self.aws.sqs.list_queues().get("QueueUrls", []):
            if prefix in url and url.endswith(".fifo"):
                told = self.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                if any(int(told[name]) for name in names):
                    return False
        return True

    @staticmethod
    def pause_for_marks() -> None:
        """Waits until a decision cannot be taken for the deployer's own note on a package."""
        time.sleep(3.5)

    def dead_letters(self) -> int:
        """Triggers that were given up."""
        urls = [url for url in self.aws.sqs.list_queues()["QueueUrls"] if "DeadLetter" in url]
        name = "ApproximateNumberOfMessages"
        told = [
            self.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
            for url in urls
        ]
        return sum(int(one[name]) for one in told)

    def left(self) -> list[str]:
        """Everything of the deployers that is there."""
        aws, scaling = self.aws, {"ServiceNamespace": "sagemaker"}
        targets = aws.application_autoscaling.describe_scalable_targets(**scaling)["ScalableTargets"]
        policies = aws.application_autoscaling.describe_scaling_policies(**scaling)["ScalingPolicies"]
        actions = aws.application_autoscaling.describe_scheduled_actions(**scaling)["ScheduledActions"]
        return [
            *(one["EndpointName"] for one in aws.sagemaker.list_endpoints()["Endpoints"]),
            *(one["EndpointConfigName"] for one in aws.sagemaker.list_endpoint_configs()["EndpointConfigs"]),
            *(one["ModelName"] for one in aws.sagemaker.list_models()["Models"]),
            *(one["ResourceId"] for one in targets),
            *(one["PolicyName"] for one in policies),
            *(one["ScheduledActionName"] for one in actions),
            *(one["AlarmName"] for one in aws.cloudwatch.describe_alarms()["MetricAlarms"]),
        ]


@pytest.fixture(scope="session")
def loop(tmp_path_factory: pytest.TempPathFactory, tool_cache: Path, new_engine: Any) -> Iterator[Loop]:
    toolchain = prepare(tool_cache, environment=os.environ, on_detail=lambda text: None)
    folder = tmp_path_factory.mktemp("loop")
    with new_engine(
        folder / "engine", iam=True, node_dir=toolchain.node_dir, node_path=toolchain.node_modules
    ) as engine:
        aws = new_engine.aws(engine)
        aws.s3.create_bucket(Bucket=_BUCKET)
        yield Loop(aws, folder, toolchain)
    shutil.rmtree(folder, ignore_errors=True)
