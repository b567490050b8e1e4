"""`cdk-mlops doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from cdk_sagemaker_mlops.cli.account_checks import bootstrap_check, permission_check, quota_checks
from cdk_sagemaker_mlops.cli.checkup import Check, failed, not_checked, passed, warned
from cdk_sagemaker_mlops.cli.operation import Operation, operate
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.tool_checks import cdk_check, node_check
from cdk_sagemaker_mlops.deployed.aws_errors import aws_problem
from cdk_sagemaker_mlops.errors import MlopsError, OperationError, Problem

_MARKS = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "red"),
    "not checked": ("?", "dim"),
}


def doctor(where: Where, *, json: bool, verbose: bool) -> int:
    """Checks what running a pipeline needs.

    Args:
        where: Which account, region and stack.
        json: Whether to print JSON.
        verbose: Whether to show tracebacks.

    Returns:
        The exit code: 1 when a check failed; what may not be looked at does not count.
    """

    def body(operation: Operation) -> None:
        checks = []
        for check in all_checks(operation):
            checks.append(check)
            operation.answer["checks"] = [asdict(each) for each in checks]
            operation.show(*check_texts(check))
        bad = [check.name for check in checks if check.status == "failed"]
        if bad:
            raise OperationError(
                Problem(
                    code="ChecksFailed",
                    parameter="doctor",
                    rule="find everything in order",
                    value=bad,
                    fix="do what it says above",
                )
            )

    return operate(body, where, json=json, verbose=verbose)


def check_texts(check: Check) -> list[Text]:
    """Words a check, and what to do about it."""
    mark, style = _MARKS[check.status]
    texts = [Text.assemble((f"{mark} {check.name:<12}", style), check.text)]
    if check.fix is not None:
        texts.append(Text(f"  {'':<12}-> {check.fix}"))
    return texts


def all_checks(operation: Operation) -> Iterator[Check]:
    """Makes every check, one after the other; without credentials those that need AWS are left out."""
    yield node_check()
    yield cdk_check()
    try:
        account = operation.account
        caller = account.client("sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        problem = aws_problem(error)
        yield failed("Credentials", str(problem.value), fix=problem.fix)
        return
    except MlopsError as error:
        yield failed("Region", str(error.problems[0].rule), fix=error.problems[0].fix)
        return
    place = f" on the local engine at {account.endpoint_url}" if account.is_local else ""
    yield passed("Credentials", f"{caller['Arn']}{place}")
    yield passed("Region", account.region)
    yield from _fails_open("Bootstrap", operation, lambda: bootstrap_check(account, str(caller["Account"])))
    yield from _fails_open("Permissions", operation, lambda: permission_check(account, str(caller["Arn"])))
    try:
        pipeline = operation.pipeline
    except MlopsError as error:
        problem = error.problems[0]
        yield warned("Stack", f"{problem.parameter}: {problem.value}", fix=problem.fix)
        return
    yield passed("Stack", f"{pipeline.path} in {pipeline.stack}")
    yield from _fails_open("Quotas", operation, lambda: quota_checks(account, pipeline))


def _fails_open(name: str, operation: Operation, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Says that something was not checked, where it may not be looked at: that alone is no failure."""
    try:
        yield from look()
    except (ClientError, BotoCoreError) as error:
        if operation.account.is_local:
            yield not_checked(name, "not available on the local engine")
        else:
            yield not_checked(name, str(aws_problem(error).value), fix=aws_problem(error).fix)
