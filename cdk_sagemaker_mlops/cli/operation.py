"""What every command on a deployed stack has in common: where, what is printed, and how errors are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import RenderableType

from cdk_sagemaker_mlops.cli.connection import app_stacks, reach
from cdk_sagemaker_mlops.cli.outcome import carry_out
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.screen import plain, show
from cdk_sagemaker_mlops.cli.terminal import terminal
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.aws_errors import aws_problem
from cdk_sagemaker_mlops.deployed.finding import find_pipeline
from cdk_sagemaker_mlops.deployed.registry import Registry, open_registry
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline
from cdk_sagemaker_mlops.errors import OperationError
from cdk_sagemaker_mlops.local.progress import Note, Stages

_POLL_SECONDS = 5.0
_LOCAL_POLL_SECONDS = 0.3


@dataclass(kw_only=True)
class Operation:
    """One command, being carried out.

    Args:
        where: What the user said it is about.
        stages: Progress, on standard error.
        json: Whether standard output is one JSON object.
        answer: That object; filled in as things become known.
    """

    where: Where
    stages: Stages
    json: bool
    answer: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def account(self) -> Account:
        """Where AWS is called."""
        return reach(self.where)

    @cached_property
    def pipeline(self) -> DeployedPipeline:
        """The pipeline that the command is about."""
        cloudformation = self.account.client("cloudformation")
        return find_pipeline(cloudformation, wanted=self.where.stack, app_stacks=app_stacks(Path.cwd()))

    @cached_property
    def registry(self) -> Registry:
        """The pipeline's model package group."""
        return open_registry(self.account, self.pipeline.model_package_group_name)

    @property
    def sagemaker(self) -> Any:
        """A SageMaker client."""
        return self.account.client("sagemaker")

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks at what changes."""
        return _LOCAL_POLL_SECONDS if self.account.is_local else _POLL_SECONDS

    def show(self, *renderables: RenderableType) -> None:
        """Prints for people; nothing where JSON is asked for."""
        if not self.json:
            show(*renderables)

    def note(self, text: str) -> None:
        """Says something beside the result, on standard error."""
        self.stages.tell(Note(text=text))


def operate(
    body: Callable[[Operation], None],
    where: Where,
    *,
    json: bool,
    verbose: bool,
    interrupted: str | None = None,
) -> int:
    """Carries out a command on a deployed stack.

    Args:
        body: What it does.
        where: What the user said it is about.
        json: Whether standard output is one JSON object.
        verbose: Whether an error's traceback is shown.
        interrupted: What to say after Ctrl-C. Default: that it was interrupted.

    Returns:
        The exit code: 0, 1 (failed), 2 (wrong usage) or 130 (interrupted).
    """
    answer: dict[str, Any] = {}

    def command() -> None:
        with terminal() as tell:
            try:
                body(Operation(where=where, stages=Stages(tell=tell), json=json, answer=answer))
            except (ClientError, BotoCoreError) as error:
                raise OperationError(aws_problem(error)) from error

    known = (lambda: plain(answer)) if json else None
    said = "Interrupted" if interrupted is None else interrupted
    return carry_out(command, known=known, verbose=verbose, interrupted=said)
