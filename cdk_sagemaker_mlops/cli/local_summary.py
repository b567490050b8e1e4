"""Words what is running on this machine, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdk_sagemaker_mlops.local.engine_status import EngineStatus, PipelineStatus


def status_text(engines: Iterable[EngineStatus]) -> str:
    """Words the engines that are running, one block each."""
    return "\n\n".join("\n".join(_engine(engine)) for engine in engines)


def _engine(engine: EngineStatus) -> Iterator[str]:
    session = engine.session
    yield session.app
    yield f"    engine      {session.endpoint_url}, since {session.started}{_marks(engine)}"
    yield f"    stacks      {', '.join(session.stacks)}"
    for status in engine.pipelines:
        yield f"    pipeline    {_pipeline(status)}"
        if status.pipeline.endpoint_name is not None:
            yield f"    endpoint    {_endpoint(status)}"


def _marks(engine: EngineStatus) -> str:
    iam = ", enforces IAM" if engine.session.iam else ""
    return iam if engine.answers else f"{iam}, does not answer"


def _pipeline(status: PipelineStatus) -> str:
    last = status.last_execution
    return (
        f"{status.pipeline.pipeline_name}, {'not started yet' if last is None else f'last execution {last}'}"
    )


def _endpoint(status: PipelineStatus) -> str:
    state = status.endpoint
    if state is None:
        return f"{status.pipeline.endpoint_name}, waits for the first approval"
    serves = "" if state.model_package_arn is None else f", serves {state.model_package_arn}"
    return f"{state.name}, {state.status}{serves}"
