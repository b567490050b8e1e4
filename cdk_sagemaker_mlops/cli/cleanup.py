"""`cdk-mlops cleanup`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.screen import moment, table
from cdk_sagemaker_mlops.deployed.leftovers import Leftover, delete_leftover, find_leftovers

_STOPPED = "Interrupted: run it again to see what is left"


def cleanup(where: Where, *, yes: bool, json: bool, verbose: bool) -> int:
    """Shows what deleted stacks left on purpose, and deletes it if told to.

    Args:
        where: Which account, region and, if named, stack.
        yes: Whether to delete it.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code.
    """

    def body(operation: Operation) -> None:
        account = operation.account
        s3, sagemaker = account.client("s3"), account.client("sagemaker")
        cloudformation = account.client("cloudformation")
        found = find_leftovers(cloudformation, s3, sagemaker, stack=where.stack)
        operation.answer.update(leftovers=[asdict(each) for each in found], deleted=[])
        if not found:
            operation.show(Text("Nothing is left of the stacks that were deleted in the last 90 days."))
            return
        operation.show(leftovers_table(found))
        free = [each for each in found if each.used_by is None]
        if not yes:
            if free:
                operation.show(Text("Delete what is not in use, with all in it: cdk-mlops cleanup --yes"))
            return
        for each in free:
            delete_leftover(s3, sagemaker, each)
            operation.answer["deleted"].append(each.name)
            operation.show(Text(f"Deleted {each.kind} {each.name}."))

    return operate(body, where, json=json, verbose=verbose, interrupted=_STOPPED)


def leftovers_table(found: Sequence[Leftover]) -> Table:
    """Puts leftovers into a table."""
    made = table("KIND", "NAME", "CONTENT", "LEFT BY", "DELETED", "IN USE BY")
    for each in found:
        used = "-" if each.used_by is None else each.used_by
        made.add_row(each.kind, each.name, each.content, each.stack, moment(each.deleted), used)
    return made
