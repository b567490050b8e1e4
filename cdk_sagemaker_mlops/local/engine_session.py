"""An engine with its data folder: ended and deleted together, unless it is to stay."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.config.cache_folder import cache_folder
from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.data_folder import DataFolder, delete_data_folder, make_data_folder
from cdk_sagemaker_mlops.local.interruption import shielded
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.session_store import Session, save_session
from cdk_sagemaker_mlops.local.toolchain import Toolchain, missing_extra, prepare

# One module of each distribution of the extra that the engine cannot start without.
_NEEDED = {"ministack": "ministack", "sagemaker_training": "sagemaker-training"}


@dataclass(kw_only=True)
class EngineSession:
    """A running engine.

    Args:
        pid: Its process.
        endpoint_url: Its address.
        environment: Variables that point AWS clients at it.
        data: Where it writes.
        cache: Folder of the caches, where the record of an engine that stays is kept.
        stays: Whether it goes on running after this command.
    """

    pid: int
    endpoint_url: str
    environment: Mapping[str, str]
    data: DataFolder
    cache: Path
    stays: bool = False

    def keep(self, stacks: tuple[str, ...]) -> None:
        """Leaves the engine running, and remembers it for ``cdk-mlops local down``.

        Args:
            stacks: Names of the stacks deployed to it.
        """
        save_session(
            self.cache,
            Session(
                pid=self.pid,
                endpoint_url=self.endpoint_url,
                environment=dict(self.environment),
                data_folder=str(self.data.root),
                stacks=stacks,
            ),
        )
        self.stays = True


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
def new_engine(toolchain: Toolchain, stages: Stages, *, may_stay: bool) -> Iterator[EngineSession]:
    """Starts an engine; at the end of the block ends it and deletes its data, unless it was kept.

    Args:
        toolchain: Node, and the SDK clients that CDK's own functions expect.
        stages: Times the stages ``engine`` and ``stop``.
        may_stay: Whether the engine must be able to outlive this process.

    Raises:
        LocalRunError: The engine does not start.
    """
    data = make_data_folder()
    session: EngineSession | None = None
    stop: Callable[[], None] = _nothing
    try:
        with stages.stage("engine", "Start the local engine"):
            session, stop = _start(toolchain, data, may_stay)
        yield session
    finally:
        if session is None or not session.stays:
            with shielded(), stages.stage("stop", "Stop the local engine"):
                stop()
                delete_data_folder(data)


def _nothing() -> None:
    """Stops an engine that did not start."""


def _start(
    toolchain: Toolchain, data: DataFolder, may_stay: bool
) -> tuple[EngineSession, Callable[[], None]]:
    from cdk_sagemaker_mlops.local.engine_process import EngineProcess
    from cdk_sagemaker_mlops.local.lambda_python import lambda_python

    process = EngineProcess(
        data_dir=data.engine,
        node_dir=toolchain.node_dir,
        node_path=toolchain.node_modules,
        lambda_python=lambda_python(toolchain.cache),
        detached=may_stay,
    )
    session = EngineSession(
        pid=process.pid,
        endpoint_url=process.endpoint_url,
        environment=process.environment,
        data=data,
        cache=toolchain.cache,
    )
    return session, process.stop
