"""The words of the command line, and nothing else: what they do is imported when they are used."""

from __future__ import annotations

import typer

from cdk_sagemaker_mlops.cli.commands_local import local
from cdk_sagemaker_mlops.cli.commands_models import models
from cdk_sagemaker_mlops.cli.commands_pictures import pictures
from cdk_sagemaker_mlops.cli.commands_pipeline import pipeline
from cdk_sagemaker_mlops.cli.commands_stack import stack_commands

cdk_mlops = typer.Typer(
    name="cdk-mlops",
    help="SageMaker MLOps stacks from the command line.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cdk_mlops.add_typer(pipeline)
cdk_mlops.add_typer(models)
cdk_mlops.add_typer(pictures)
cdk_mlops.add_typer(stack_commands)
cdk_mlops.add_typer(local)


@cdk_mlops.callback()
def _root() -> None:
    """SageMaker MLOps stacks from the command line."""
