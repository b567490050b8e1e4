"""Shows a job's own folder at ``/opt/ml``, where SageMaker's containers have theirs.

Scripts, the SDK's drivers and the toolkits name that path literally, so every job must find its own files
there, at the same time as other jobs. Two ways:

* :class:`MountedOptMl`: a Linux user and mount namespace. Exact, and needs no privilege where it is allowed.
* :class:`RewrittenOptMl`: elsewhere (macOS, some containers), the text ``/opt/ml`` is replaced by the
  folder's path in staged text files, members of archives among them, in arguments and in the environment. A
  path that a program puts together from parts (``"/opt" + "/ml"``) is not seen.
"""

from __future__ import annotations

import functools
import re
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import Protocol

from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError
from cdk_sagemaker_mlops.local.execution.text_rewriting import rewrite_tree

OPT_ML = "/opt/ml"
LAUNCHER = Path(__file__).with_name("launcher.py")

# Not /opt/mlflow, not /usr/opt/ml, and not a path that was already replaced, which ends in /opt/ml.
_MENTION = re.compile(rf"(?<![\w.-]){OPT_ML}(?![\w-])")


class OptMl(Protocol):
    """One way of showing ``<folder>/opt/ml`` at ``/opt/ml``."""

    def launcher_options(self, folder: Path) -> list[str]:
        """Returns the options that the launcher needs for it."""

    def seen_path(self, folder: Path) -> str:
        """Returns the path at which the job finds its ``/opt/ml``."""

    def text(self, folder: Path, text: str) -> str:
        """Returns an argument or an environment value as the job must get it."""

    def stage(self, folder: Path, tree: Path) -> None:
        """Prepares files that the job will read."""

    def collect(self, folder: Path, tree: Path) -> None:
        """Undoes :meth:`stage` in files that the job wrote."""


class MountedOptMl:
    """Shows the folder in a mount namespace; see :mod:`.launcher`."""

    def launcher_options(self, folder: Path) -> list[str]:
        """Returns the options that the launcher needs for it."""
        return ["--map", str(folder)]

    def seen_path(self, folder: Path) -> str:
        """Returns ``/opt/ml``."""
        return OPT_ML

    def text(self, folder: Path, text: str) -> str:
        """Returns ``text`` as it is."""
        return text

    def stage(self, folder: Path, tree: Path) -> None:
        """Does nothing: the path is right."""

    def collect(self, folder: Path, tree: Path) -> None:
        """Does nothing: the path is right."""


class RewrittenOptMl:
    """Replaces the path in whatever the job is given."""

    def launcher_options(self, folder: Path) -> list[str]:
        """Returns no option."""
        return []

    def seen_path(self, folder: Path) -> str:
        """Returns the folder's own path."""
        return f"{folder}{OPT_ML}"

    def text(self, folder: Path, text: str) -> str:
        """Returns ``text`` with ``/opt/ml`` replaced."""
        seen = self.seen_path(folder)
        return _MENTION.sub(lambda _: seen, text)

    def stage(self, folder: Path, tree: Path) -> None:
        """Replaces ``/opt/ml`` in the text files and archives below ``tree``."""
        rewrite_tree(tree, mention=OPT_ML, replace=lambda text: self.text(folder, text))

    def collect(self, folder: Path, tree: Path) -> None:
        """Puts ``/opt/ml`` back in the text files and archives below ``tree``."""
        seen = self.seen_path(folder)
        rewrite_tree(tree, mention=seen, replace=lambda text: text.replace(seen, OPT_ML))


@functools.cache
def best_opt_ml() -> OptMl:
    """Returns the exact way where the system allows it, else the other; tried once in each process."""
    return MountedOptMl() if _can_mount() else RewrittenOptMl()


def host_path(folder: Path, container_path: str) -> Path:
    """Returns where a path of the container lies on this machine.

    Raises:
        StepFailedError: ``container_path`` is not at or below ``/opt/ml``, so nothing but the job itself
            could see it.
    """
    path = PurePosixPath(container_path)
    if ".." in path.parts or not path.is_relative_to(OPT_ML):
        raise RefusedStepError(
            f"a local path must be at or below {OPT_ML}, got {container_path!r}; "
            f"use a path such as {OPT_ML}/processing/input"
        )
    return folder / path.relative_to("/")


def _can_mount() -> bool:
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="opt-ml-probe-") as name:
        folder = Path(name)
        probe = folder / "opt" / "ml" / "probe"
        probe.parent.mkdir(parents=True)
        probe.touch()
        command = [
            *(sys.executable, "-I", "-S", str(LAUNCHER), "--map", name),
            *("--", "/bin/sh", "-c", f"test -f {OPT_ML}/probe && touch {OPT_ML}/answer"),
        ]
        # The pipe is the launcher's lifeline: it must stay open while the launcher runs.
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            code = process.wait(timeout=30)
        return code == 0 and (probe.parent / "answer").exists()
