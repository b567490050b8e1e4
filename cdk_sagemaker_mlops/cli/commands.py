"""The words of the command line, and nothing else: what they do is imported when they are used."""

from __future__ import annotations

import typer

from cdk_sagemaker_mlops.cli.commands_local import local

cdk_mlops = typer.Typer(
    name="cdk-mlops",
    help="SageMaker MLOps stacks from the command line.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cdk_mlops.add_typer(local)


@cdk_mlops.callback()
def _root() -> None:
    """SageMaker MLOps stacks from the command line."""
