"""An app on the engine: synthesised, bootstrapped, deployed, and destroyed again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, deployed_pipelines
from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.assembly import AppStack, read_stacks, single_account, targets
from cdk_sagemaker_mlops.local.aws_clients import aws_client
from cdk_sagemaker_mlops.local.cdk_app import CdkApp
from cdk_sagemaker_mlops.local.data_folder import DataFolder
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.tool_environment import tool_environment
from cdk_sagemaker_mlops.local.toolchain import Toolchain

DEFAULT_ACCOUNT = "000000000000"
"""The engine's account for a stack that is bound to none."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployed app.

    Args:
        app: The app and its tools.
        stacks: Its stacks.
        environment: Variables that point AWS clients at the engine, in the app's account.
    """

    app: CdkApp
    stacks: tuple[AppStack, ...]
    environment: Mapping[str, str]

    @property
    def stack_names(self) -> tuple[str, ...]:
        """Names of the stacks in CloudFormation."""
        return tuple(stack.name for stack in self.stacks)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Makes a boto3 client of the engine.

        Args:
            service: The service's name in boto3.
            region: Region to call. Default: the engine's.
        """
        return aws_client(service, self.environment, region=region)

    def pipelines(self) -> tuple[DeployedPipeline, ...]:
        """Lists the app's pipelines, by path."""
        described = []
        for stack in self.stacks:
            cloudformation = self.client("cloudformation", region=stack.region)
            described.extend(cloudformation.describe_stacks(StackName=stack.name)["Stacks"])
        return deployed_pipelines(described)

    def destroy(self) -> None:
        """Destroys every stack.

        Raises:
            LocalRunError: The CDK CLI failed.
        """
        self.app.destroy(self.environment)


def deploy_app(
    folder: AppFolder,
    *,
    data: DataFolder,
    toolchain: Toolchain,
    engine: Mapping[str, str],
    stages: Stages,
    on_output: Callable[[str], None] | None = None,
) -> Deployment:
    """Runs the app, and deploys what it defines.

    Args:
        folder: The app.
        data: Where to write.
        toolchain: Node and the CDK CLI.
        engine: Variables that point AWS clients at the engine.
        stages: Times the stages ``synth``, ``bootstrap`` and ``deploy``.
        on_output: Receives every line that the CDK CLI prints. Default: nobody does.

    Raises:
        LocalRunError: A stage failed.
    """
    app = _cdk_app(folder, data=data, toolchain=toolchain, engine=engine, stages=stages, on_output=on_output)
    with stages.stage("synth", f"Synthesise {folder.path.name}"):
        # What is left of an app's earlier deployment would be deployed too.
        rmtree(app.assembly, ignore_errors=True)
        app.synth()
        stacks = read_stacks(app.assembly)
        account = single_account(stacks, DEFAULT_ACCOUNT)
    # The engine takes an access key of twelve digits for the account that calls.
    environment = engine if account == DEFAULT_ACCOUNT else {**engine, "AWS_ACCESS_KEY_ID": account}
    with stages.stage("bootstrap", "Bootstrap the local account (cdk bootstrap)"):
        for target in targets(stacks, account=account, region=engine["AWS_DEFAULT_REGION"]):
            app.bootstrap(target, environment)
    with stages.stage("deploy", f"Deploy {', '.join(stack.name for stack in stacks)} (cdk deploy)"):
        app.deploy(environment)
    return Deployment(app=app, stacks=stacks, environment=environment)


def _cdk_app(
    folder: AppFolder,
    *,
    data: DataFolder,
    toolchain: Toolchain,
    engine: Mapping[str, str],
    stages: Stages,
    on_output: Callable[[str], None] | None,
) -> CdkApp:
    environment = tool_environment(
        os.environ,
        engine=engine,
        home=data.home,
        cache=toolchain.cache,
        # `python app.py` in cdk.json is to be the interpreter that runs this command.
        first_on_path=(Path(sys.executable).parent, toolchain.node_dir),
    )
    return CdkApp(
        folder=folder.path,
        assembly=data.assembly(folder.path),
        scratch=data.scratch,
        toolchain=toolchain,
        environment=environment,
        on_detail=stages.detail,
        on_output=on_output,
    )
