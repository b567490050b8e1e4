"""The user's CDK app, handled by the real CDK CLI against the engine.

The app runs once, in :meth:`CdkApp.synth`; bootstrap, deploy and destroy work on the assembly it wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_mlops.errors import LocalRunError, Problem
from cdk_sagemaker_mlops.local.assembly import Target
from cdk_sagemaker_mlops.local.cdk_output import app_error, error_lines, progress_of, schema_mismatch
from cdk_sagemaker_mlops.local.child_process import Finished, run_to_end
from cdk_sagemaker_mlops.local.disk_full import disk_full, tells_disk_full
from cdk_sagemaker_mlops.local.toolchain import CDK_CLI, Toolchain

# `--ci` sends messages to standard output and leaves out what is meant for a person at a prompt.
_ALWAYS = ("--ci", "--no-color", "--no-notices", "--no-version-reporting")


@dataclass(frozen=True, kw_only=True)
class CdkApp:
    """An app, and the tools and environment that handle it.

    Args:
        folder: The app's folder, which holds ``cdk.json``.
        assembly: Folder for the cloud assembly; the CLI makes it.
        scratch: An existing folder without ``cdk.json``, for the commands that must not run the app.
        toolchain: Node and the CDK CLI.
        environment: The CLI's whole environment.
        on_detail: Receives progress texts.
        on_output: Receives every line that the CLI prints. Default: nobody does.
    """

    folder: Path
    assembly: Path
    scratch: Path
    toolchain: Toolchain
    environment: Mapping[str, str]
    on_detail: Callable[[str], None]
    on_output: Callable[[str], None] | None = None

    def synth(self) -> None:
        """Runs the app and writes its cloud assembly.

        Raises:
            LocalRunError: The app failed, or wrote no assembly.
        """
        finished = self._run(self.folder, "synth", "--quiet", "--output", str(self.assembly))
        if finished.exit_code != 0:
            raise LocalRunError(_synth_problem(finished.lines))

    def bootstrap(self, target: Target, environment: Mapping[str, str]) -> None:
        """Makes the resources that every deployment needs, in one account and region.

        Args:
            target: Where.
            environment: Variables that differ for this deployment, such as the account's credentials.

        Raises:
            LocalRunError: The CLI failed.
        """
        qualifier = ("--qualifier", target.qualifier)
        self._succeed("bootstrap", str(target), *qualifier, environment=environment)

    def deploy(self, environment: Mapping[str, str]) -> None:
        """Deploys every stack of the assembly.

        Args:
            environment: Variables that differ for this deployment, such as the account's credentials.

        Raises:
            LocalRunError: The CLI failed.
        """
        options = ("--require-approval", "never", "--progress", "events")
        self._succeed("deploy", *self._all_stacks(), *options, environment=environment)

    def destroy(self, environment: Mapping[str, str]) -> None:
        """Destroys every stack of the assembly.

        Args:
            environment: Variables that differ for this deployment, such as the account's credentials.

        Raises:
            LocalRunError: The CLI failed.
        """
        self._succeed("destroy", *self._all_stacks(), "--force", environment=environment)

    def _all_stacks(self) -> tuple[str, ...]:
        # Unlike --all, the pattern reaches the stacks of nested assemblies too.
        return ("--app", str(self.assembly), "**")

    def _succeed(self, command: str, *arguments: str, environment: Mapping[str, str]) -> None:
        finished = self._run(self.scratch, command, *arguments, environment=environment)
        if finished.exit_code != 0:
            raise LocalRunError(_command_problem(command, finished))

    def _run(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
        command: list[str | Path] = [self.toolchain.node, self.toolchain.cdk, *arguments, *_ALWAYS]
        changed = {} if environment is None else environment
        return run_to_end(
            command, folder=folder, environment={**self.environment, **changed}, on_line=self._hear
        )

    def _hear(self, line: str) -> None:
        if self.on_output is not None:
            self.on_output(line)
        progress = progress_of(line)
        if progress is not None:
            self.on_detail(progress)


def _synth_problem(lines: tuple[str, ...]) -> Problem:
    known = _known_problem("synth", lines)
    if known is not None:
        return known
    raised = app_error(lines)
    told = "\n".join(error_lines(lines)) if raised is None else raised
    return Problem(
        code="SynthFailed",
        parameter="app",
        rule="synthesise",
        value=_last_line(lines),
        fix=f"correct what it says; --verbose shows everything it printed:\n{_indented(told)}",
    )


def _known_problem(command: str, lines: tuple[str, ...]) -> Problem | None:
    """Finds what has nothing to do with the app."""
    if tells_disk_full(lines):
        return disk_full(f"cdk {command}")
    mismatch = schema_mismatch(lines)
    if mismatch is None:
        return None
    return Problem(
        code="CdkCliIncompatible",
        parameter="aws-cdk-lib",
        rule=f"write assemblies that the CDK CLI {CDK_CLI} reads",
        value=mismatch,
        fix="install a release of cdk-sagemaker-mlops that brings a newer CLI, or an older aws-cdk-lib (<3)",
    )


def _command_problem(command: str, finished: Finished) -> Problem:
    known = _known_problem(command, finished.lines)
    if known is not None:
        return known
    return Problem(
        code=f"{command.capitalize()}Failed",
        parameter=f"cdk {command}",
        rule="succeed",
        value=f"exit code {finished.exit_code}",
        fix=f"correct what it says; --verbose shows everything it printed:\n"
        f"{_indented(chr(10).join(error_lines(finished.lines)))}",
    )


def _last_line(lines: tuple[str, ...]) -> str:
    told = [line.strip() for line in lines if line.strip()]
    return told[-1] if told else "no output"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
