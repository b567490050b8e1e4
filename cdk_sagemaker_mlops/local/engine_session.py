"""An engine with its data folder: ended and deleted together, unless it is to stay."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_mlops.config.cache_folder import cache_folder
from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.data_folder import (
    DataFolder,
    HeldFolder,
    delete_data_folder,
    delete_stale_folders,
    make_data_folder,
)
from cdk_sagemaker_mlops.local.deployment import Deployment
from cdk_sagemaker_mlops.local.interruption import shielded
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.session_store import Session, save_session
from cdk_sagemaker_mlops.local.toolchain import Toolchain, missing_extra, prepare

if TYPE_CHECKING:
    from cdk_sagemaker_mlops.local.engine_process import EngineProcess

# One module of each distribution of the extra that the engine cannot start without.
_NEEDED = {"ministack": "ministack", "sagemaker_training": "sagemaker-training"}


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """How an engine is started.

    Args:
        stays: Whether it must be able to outlive this process. Default: ``False``.
        port: Port to listen on. Default: ``0``, a free one.
        iam: Whether IAM policies are enforced. Default: ``False``.
    """

    stays: bool = False
    port: int = 0
    iam: bool = False


@dataclass(kw_only=True)
class EngineSession:
    """A running engine.

    Args:
        pid: Its process.
        endpoint_url: Its address.
        environment: Variables that point AWS clients at it.
        data: Where it writes.
        cache: Folder of the caches, where the record of an engine that stays is kept.
        iam: Whether it enforces IAM policies.
        started: When it started, in ISO 8601.
        stays: Whether it goes on running after this command.
    """

    pid: int
    endpoint_url: str
    environment: Mapping[str, str]
    data: DataFolder
    cache: Path
    iam: bool
    started: str
    stays: bool = False

    def keep(self, app: AppFolder, deployment: Deployment, earlier_stacks: tuple[str, ...] = ()) -> Session:
        """Leaves the engine running, and remembers it for ``cdk-mlops local down``.

        Args:
            app: The app.
            deployment: What is deployed of it.
            earlier_stacks: Names of the stacks that were there before. Default: ``()``.
        """
        default = self.environment["AWS_DEFAULT_REGION"]
        regions = (default if stack.region is None else stack.region for stack in deployment.stacks)
        session = Session(
            app=str(app.path),
            pid=self.pid,
            endpoint_url=self.endpoint_url,
            environment=dict(self.environment),
            account=deployment.environment["AWS_ACCESS_KEY_ID"],
            regions=tuple(dict.fromkeys(regions)),
            stacks=tuple(dict.fromkeys([*earlier_stacks, *deployment.stack_names])),
            data_folder=str(self.data.root),
            iam=self.iam,
            started=self.started,
        )
        save_session(self.cache, session)
        self.stays = True
        return session


def running_session(session: Session, cache: Path) -> EngineSession:
    """Gives the engine of a record.

    Args:
        session: The record.
        cache: Folder of the caches.
    """
    return EngineSession(
        pid=session.pid,
        endpoint_url=session.endpoint_url,
        environment=session.environment,
        data=session.data,
        cache=cache,
        iam=session.iam,
        started=session.started,
        stays=True,
    )


def user_cache() -> Path:
    """Gives the folder of the caches for this user."""
    return cache_folder(os.environ, Path.home())


def prepare_tools(stages: Stages) -> Toolchain:
    """Installs what the cache does not have yet, as the stage ``toolchain``.

    Raises:
        LocalRunError: The extra ``local`` is not installed, or npm failed.
    """
    with stages.stage("toolchain", "Prepare Node and the CDK CLI"):
        for module, package in _NEEDED.items():
            if importlib.util.find_spec(module) is None:
                raise LocalRunError(missing_extra(package))
        return prepare(user_cache(), environment=os.environ, on_detail=stages.detail)


@contextmanager
def new_engine(toolchain: Toolchain, stages: Stages, options: EngineOptions) -> Iterator[EngineSession]:
    """Starts an engine; at the end of the block ends it and deletes its data, unless it was kept.

    Data of earlier engines that were killed is deleted first.

    Args:
        toolchain: Node, and the SDK clients that CDK's own functions expect.
        stages: Times the stages ``engine`` and ``stop``.
        options: How to start it.

    Raises:
        LocalRunError: The engine does not start, or has ended by itself.
    """
    delete_stale_folders()
    held = make_data_folder()
    session: EngineSession | None = None
    process: EngineProcess | None = None
    try:
        with stages.stage("engine", "Start the local engine"):
            process = _start(toolchain, held, options)
            session = _session(process, toolchain, held, options)
        yield session
    except Exception:
        if process is not None:
            # When it has ended by itself, that is the reason for whatever else went wrong.
            process.check()
        raise
    finally:
        if session is None or not session.stays:
            with shielded(), stages.stage("stop", "Stop the local engine"):
                if process is not None:
                    process.stop()
                delete_data_folder(held.folder)
        held.let_go()


def _start(toolchain: Toolchain, held: HeldFolder, options: EngineOptions) -> EngineProcess:
    from cdk_sagemaker_mlops.local.engine_process import EngineProcess
    from cdk_sagemaker_mlops.local.lambda_python import lambda_python

    return EngineProcess(
        data_dir=held.folder.engine,
        node_dir=toolchain.node_dir,
        node_path=toolchain.node_modules,
        lambda_python=lambda_python(toolchain.cache),
        port=options.port,
        iam=options.iam,
        detached=options.stays,
        # While it runs its data is in use, whether or not this process still is.
        held=(held.lock,),
    )


def _session(
    process: EngineProcess, toolchain: Toolchain, held: HeldFolder, options: EngineOptions
) -> EngineSession:
    return EngineSession(
        pid=process.pid,
        endpoint_url=process.endpoint_url,
        environment=process.environment,
        data=held.folder,
        cache=toolchain.cache,
        iam=options.iam,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
