"""`cdk-mlops local up` and `down`: an engine that outlives the command."""

from __future__ import annotations

from collections.abc import Callable

from cdk_sagemaker_mlops.local.app_folder import AppFolder
from cdk_sagemaker_mlops.local.data_folder import delete_data_folder
from cdk_sagemaker_mlops.local.deployment import Deployment, deploy_app
from cdk_sagemaker_mlops.local.engine_session import EngineSession, new_engine, prepare_tools, user_cache
from cdk_sagemaker_mlops.local.interruption import shielded
from cdk_sagemaker_mlops.local.progress import Stages
from cdk_sagemaker_mlops.local.run_report import RunningEngine
from cdk_sagemaker_mlops.local.session_store import forget_session, live_session
from cdk_sagemaker_mlops.local.toolchain import Toolchain


def bring_up(
    app: AppFolder, stages: Stages, *, on_output: Callable[[str], None] | None = None
) -> RunningEngine:
    """Deploys an app to the engine that is running, or to a new one, and leaves it running.

    Args:
        app: The app.
        stages: Times and announces the stages.
        on_output: Receives every line that the CDK CLI prints. Default: nobody does.

    Raises:
        LocalRunError: A stage failed. An engine that was started for it has been stopped.
    """
    toolchain = prepare_tools(stages)
    running = live_session(toolchain.cache)
    if running is None:
        with new_engine(toolchain, stages, may_stay=True) as engine:
            return _deploy(app, engine, toolchain=toolchain, stages=stages, earlier=(), on_output=on_output)
    stages.note(f"Using the engine that is running at {running.endpoint_url}.")
    engine = EngineSession(
        pid=running.pid,
        endpoint_url=running.endpoint_url,
        environment=running.environment,
        data=running.data,
        cache=toolchain.cache,
    )
    return _deploy(
        app, engine, toolchain=toolchain, stages=stages, earlier=running.stacks, on_output=on_output
    )


def _deploy(
    app: AppFolder,
    engine: EngineSession,
    *,
    toolchain: Toolchain,
    stages: Stages,
    earlier: tuple[str, ...],
    on_output: Callable[[str], None] | None,
) -> RunningEngine:
    deployment: Deployment = deploy_app(
        app,
        data=engine.data,
        toolchain=toolchain,
        engine=engine.environment,
        stages=stages,
        on_output=on_output,
    )
    stacks = tuple(dict.fromkeys([*earlier, *deployment.stack_names]))
    engine.keep(stacks)
    return RunningEngine(endpoint_url=engine.endpoint_url, environment=deployment.environment, stacks=stacks)


def take_down(stages: Stages) -> bool:
    """Ends the engine that was left running, and deletes its data.

    Args:
        stages: Times and announces the stage ``stop``.

    Returns:
        Whether one was running.
    """
    from cdk_sagemaker_mlops.local.engine_process import end_engine

    cache = user_cache()
    session = live_session(cache)
    if session is None:
        return False
    with shielded(), stages.stage("stop", f"Stop the local engine at {session.endpoint_url}"):
        end_engine(session.pid)
        delete_data_folder(session.data)
        forget_session(cache)
    return True
