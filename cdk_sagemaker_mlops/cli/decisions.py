"""`cdk-mlops approve`, `reject` and `rollback`."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from rich.text import Text

from cdk_sagemaker_mlops.cli.metrics import compared, metric_names, value_text
from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.screen import plain, show, table
from cdk_sagemaker_mlops.cli.versions import live_endpoint, version_json
from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails
from cdk_sagemaker_mlops.deployed.health import dead_letters
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.registry import Decision
from cdk_sagemaker_mlops.deployed.rollout import Look, follow, outcome_on
from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError

_LEFT_RUNNING = "Interrupted: a decision already made stands and is carried out; cdk-mlops status shows it"
_CANDIDATES = 20


@dataclass(frozen=True, kw_only=True)
class DecisionOptions:
    """How a decision is made.

    Args:
        reason: Why, for the registry. ``None`` for a standard text.
        yes: Whether to ask no question.
        wait: Whether to follow the deployer to its judgement.
        timeout_minutes: Minutes after which to stop waiting.
    """

    reason: str | None
    yes: bool
    wait: bool
    timeout_minutes: float


def approve(where: Where, version: int, options: DecisionOptions, *, json: bool, verbose: bool) -> int:
    """Approves a version, which deploys it.

    Args:
        where: Which pipeline.
        version: The version's number.
        options: How.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        model, endpoint = operation.registry.version(version), live_endpoint(operation)
        _ask(operation, model, endpoint, "Approve", options)
        first = _look(operation, model.version)
        _decide(operation, model, "Approved", options)
        if options.wait:
            _follow(operation, first, model.version, options)

    return operate(body, where, json=json, verbose=verbose, interrupted=_LEFT_RUNNING)


def reject(where: Where, version: int, options: DecisionOptions, *, json: bool, verbose: bool) -> int:
    """Rejects a version; if it is the live one, the one approved before returns.

    Args:
        where: Which pipeline.
        version: The version's number.
        options: How.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        model, endpoint = operation.registry.version(version), live_endpoint(operation)
        _reject(operation, model, endpoint, options, wait=options.wait)

    return operate(body, where, json=json, verbose=verbose, interrupted=_LEFT_RUNNING)


def rollback(where: Where, options: DecisionOptions, *, json: bool, verbose: bool) -> int:
    """Rejects the live version, and follows the return of the one before.

    Args:
        where: Which pipeline.
        options: How; it always waits.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        endpoint = live_endpoint(operation)
        if endpoint is None or endpoint.version is None:
            raise OperationError(_nothing_live(operation))
        model = operation.registry.version(endpoint.version)
        if _previous(operation, model) is None:
            raise OperationError(_nothing_before(operation, model))
        _reject(operation, model, endpoint, options, wait=True)

    return operate(body, where, json=json, verbose=verbose, interrupted=_LEFT_RUNNING)


def _reject(
    operation: Operation,
    model: RegisteredModel,
    endpoint: EndpointDetails | None,
    options: DecisionOptions,
    *,
    wait: bool,
) -> None:
    live = endpoint is not None and endpoint.version == model.version
    previous = _previous(operation, model) if live else None
    if previous is not None:
        operation.note(f"Version {model.version} is live: version {previous.version} will return.")
    elif live:
        operation.note(
            f"Version {model.version} is live, and no other version is approved to take its place."
        )
    _ask(operation, model, endpoint, "Reject", options)
    first = None if previous is None else _look(operation, previous.version)
    _decide(operation, model, "Rejected", options)
    if wait and previous is not None and first is not None:
        _follow(operation, first, previous.version, options)


def _previous(operation: Operation, live: RegisteredModel) -> RegisteredModel | None:
    """The version that takes the live one's place: the highest other that is approved and has not failed."""
    name = operation.pipeline.endpoint_name
    for model in operation.registry.latest(_CANDIDATES):
        outcome = None if name is None else outcome_on(model, name)
        failed = outcome is not None and not outcome.succeeded
        if model.version != live.version and model.approval_status == "Approved" and not failed:
            return model
    return None


def _decide(
    operation: Operation, model: RegisteredModel, decision: Decision, options: DecisionOptions
) -> None:
    reason = f"{decision} with cdk-mlops" if options.reason is None else options.reason
    operation.registry.decide(model, decision, reason=reason)
    decided = operation.registry.version(model.version)
    operation.answer["model_package"] = version_json(decided, None)
    operation.show(Text(f"Version {model.version} is {decision}."))


def _ask(
    operation: Operation,
    model: RegisteredModel,
    endpoint: EndpointDetails | None,
    verb: str,
    options: DecisionOptions,
) -> None:
    """Shows what is decided on, and asks.

    Raises:
        ValidationError: Nobody is there to ask.
        OperationError: The answer was no.
    """
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise ValidationError(
            Problem(
                code="NobodyToAsk",
                parameter="--yes",
                rule="be given where there is no terminal to ask at",
                value=False,
                fix="look at cdk-mlops versions, then add --yes",
            )
        )
    _show_evidence(operation, model, endpoint)
    sys.stderr.write(f"{verb} version {model.version} ({model.approval_status})? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise OperationError(
            Problem(
                code="NotConfirmed",
                parameter="answer",
                rule="be yes for anything to change",
                value="no",
                fix="run it again, or give --yes",
            )
        )


def _show_evidence(operation: Operation, model: RegisteredModel, endpoint: EndpointDetails | None) -> None:
    """Shows a version's metrics, against the live version's where there is another one."""
    live = None if endpoint is None else endpoint.version
    if live is None or live == model.version:
        made = table("METRIC", f"VERSION {model.version}" + (" (live)" if live else ""))
        for name in metric_names([model]):
            made.add_row(name, value_text(model.metrics[name]))
        show(made)
        return
    headings = (f"VERSION {live} (live)", f"VERSION {model.version}")
    show(compared(operation.registry.version(live), model, headings=headings))


def _look(operation: Operation, version: int) -> Look:
    endpoint = live_endpoint(operation)
    model = operation.registry.version(version)
    served = None
    if endpoint is not None and endpoint.version is not None and endpoint.version > version:
        served = operation.registry.version(endpoint.version)
    return Look(
        endpoint=endpoint,
        model=model,
        served=served,
        dead_letters=dead_letters(operation.account.client("sqs"), operation.pipeline.dead_letter_queue_url),
    )


def _follow(operation: Operation, first: Look, version: int, options: DecisionOptions) -> None:
    name = operation.pipeline.endpoint_name
    if name is None:
        operation.note(f"{operation.pipeline.path} deploys to no endpoint: there is nothing to wait for.")
        return
    with operation.stages.stage("rollout", f"Roll out version {version} on {name}"):
        judgement = follow(
            lambda: _look(operation, version),
            first,
            endpoint_name=name,
            on_look=lambda look: operation.stages.detail(look_text(look)),
            poll_seconds=operation.poll_seconds,
            timeout_seconds=options.timeout_minutes * 60,
        )
        operation.answer["rollout"] = {"verdict": judgement.verdict, "text": judgement.text}
        if judgement.verdict != "Served":
            raise OperationError(
                Problem(
                    code=f"Rollout{judgement.verdict}",
                    parameter=f"version {version}",
                    rule="be served",
                    value=judgement.text,
                    fix="see cdk-mlops status and cdk-mlops versions",
                )
            )
    operation.show(Text(judgement.text))
    operation.answer["endpoint"] = plain({"name": name, "version": version})


def look_text(look: Look) -> str:
    """Words a rollout at one moment, in one line."""
    endpoint = look.endpoint
    if endpoint is None:
        return "no endpoint yet"
    if endpoint.rollout is None:
        return f"{endpoint.status}, version {endpoint.version}"
    progress = ", ".join(endpoint.rollout.progress)
    return f"{endpoint.status} to version {endpoint.rollout.version}, {endpoint.rollout.strategy}; {progress}"


def _nothing_live(operation: Operation) -> Problem:
    return Problem(
        code="NothingLive",
        parameter=f"endpoint {operation.pipeline.endpoint_name}",
        rule="serve a version of the registry to roll back from",
        value="no endpoint or another model",
        fix="approve a version with cdk-mlops approve",
    )


def _nothing_before(operation: Operation, model: RegisteredModel) -> Problem:
    return Problem(
        code="NothingToReturnTo",
        parameter=operation.pipeline.model_package_group_name,
        rule=f"hold another approved version than {model.version} that has not failed",
        value=f"only version {model.version} is approved",
        fix="approve another first, or use cdk-mlops reject",
    )
