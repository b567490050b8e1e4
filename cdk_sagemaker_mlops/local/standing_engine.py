"""`cdk-mlops local up` and `down`: engines that outlive the command, one for each app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import LocalRunError, Problem
from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.data_folder import delete_data_folder
from cdk_sagemaker_mlops.local.deployment import deploy_app
from cdk_sagemaker_mlops.local.engine_session import (
    EngineOptions,
    EngineSession,
    new_engine,
    prepare_tools,
    running_session,
    user_cache,
)
from cdk_sagemaker_mlops.local.interruption import shielded
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.run_report import RunningEngine
from cdk_sagemaker_mlops.local.session_store import (
    WAITING,
    Session,
    forget_session,
    live_session,
    live_sessions,
    only_command,
)
from cdk_sagemaker_mlops.local.toolchain import Toolchain


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """What is to be brought up.

    Args:
        app: The app.
        port: Port of its engine. Default: ``None``, a free one, or that of the engine that is running.
        iam: Whether IAM policies are enforced. Default: ``False``.
        on_output: Receives every line that the CDK CLI prints. Default: nobody does.
    """

    app: AppFolder
    port: int | None = None
    iam: bool = False
    on_output: Callable[[str], None] | None = None


def bring_up(options: UpOptions, stages: Stages) -> RunningEngine:
    """Deploys an app to the engine that is running for it, or to a new one, and leaves it running.

    Args:
        options: What to bring up.
        stages: Times and announces the stages.

    Raises:
        LocalRunError: A stage failed; an engine that was started for it has been stopped. Or the engine that
            is running was started with other options.
    """
    toolchain = prepare_tools(stages)
    with only_command(toolchain.cache, options.app.path, _waiting(stages)):
        running = live_session(toolchain.cache, options.app.path)
        if running is None:
            start = EngineOptions(
                stays=True, port=0 if options.port is None else options.port, iam=options.iam
            )
            with new_engine(toolchain, stages, start) as engine:
                return _deploy(options, engine, toolchain, stages)
        _check_same(options, running)
        stages.note(f"Using the engine that is running at {running.endpoint_url}.")
        engine = running_session(running, toolchain.cache)
        return _deploy(options, engine, toolchain, stages, earlier=running.stacks)


def _waiting(stages: Stages) -> Callable[[], None]:
    return lambda: stages.note(WAITING)


def _check_same(options: UpOptions, running: Session) -> None:
    port = int(running.endpoint_url.rpartition(":")[2])
    asked = (("--port", options.port, port), ("--iam", options.iam or None, running.iam))
    problems = [
        Problem(
            code="EngineAlreadyRunning",
            parameter=name,
            rule=f"be what the engine of this app was started with, {actual!r}",
            value=wanted,
            fix="run cdk-mlops local down for this app first, or leave the option out",
        )
        for name, wanted, actual in asked
        if wanted is not None and wanted != actual
    ]
    if problems:
        raise LocalRunError(*problems)


def _deploy(
    options: UpOptions,
    engine: EngineSession,
    toolchain: Toolchain,
    stages: Stages,
    earlier: tuple[str, ...] = (),
) -> RunningEngine:
    deployment = deploy_app(
        options.app,
        data=engine.data,
        toolchain=toolchain,
        engine=engine.environment,
        stages=stages,
        on_output=options.on_output,
    )
    session = engine.keep(options.app, deployment, earlier)
    return RunningEngine(
        endpoint_url=engine.endpoint_url, environment=deployment.environment, stacks=session.stacks
    )


def take_down(stages: Stages, app: Path | None = None) -> int:
    """Ends engines that were left running, and deletes their data.

    Args:
        stages: Times and announces the stage ``stop``.
        app: Folder of the app whose engine to end; it need not exist any more. Default: ``None``, every
            engine is ended.

    Returns:
        How many were running.
    """
    cache = user_cache()
    sessions = live_sessions(cache) if app is None else (live_session(cache, app.resolve()),)
    running = [session for session in sessions if session is not None]
    for session in running:
        with only_command(cache, Path(session.app), _waiting(stages)):
            _end(cache, live_session(cache, Path(session.app)), stages)
    return len(running)


def _end(cache: Path, session: Session | None, stages: Stages) -> None:
    from cdk_sagemaker_mlops.local.engine_process import end_engine

    if session is None:
        # The command that was waited for has ended it.
        return
    title = f"Stop the local engine of {Path(session.app).name} at {session.endpoint_url}"
    with shielded(), stages.stage("stop", title):
        end_engine(session.pid)
        delete_data_folder(session.data)
        forget_session(cache, session)
