"""A user's pipeline function that says what its result depends on, so that it may be cached."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext
from cdk_sagemaker_mlops.errors import Problem

if TYPE_CHECKING:
    from sagemaker.mlops.workflow.pipeline import Pipeline


class CacheableFunction:
    """A pipeline function whose result is decided by its context, its own file and its inputs.

    Args:
        function: The pipeline function.
        inputs: Every other file and folder that decides what it returns.

    Attributes:
        inputs: The file that holds the function, and the inputs.
        name: The function's name in that file.
    """

    def __init__(self, function: Callable[[PipelineContext], Pipeline], inputs: Sequence[Path]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self.name = function.__qualname__
        self.inputs = (Path(inspect.getfile(function)), *inputs)

    def __call__(self, ctx: PipelineContext) -> Pipeline:
        """Builds the pipeline."""
        return self._function(ctx)


def cacheable(
    *, inputs: Sequence[str | Path] = ()
) -> Callable[[Callable[[PipelineContext], Pipeline]], CacheableFunction]:
    """Marks a pipeline function: while nothing that it depends on has changed, it is not called again.

    Write it above a function whose result depends on nothing but its context, the file that it stands in,
    and ``inputs``: not on the time, on environment variables, or on modules of yours that ``inputs`` leaves
    out. A definition that uses ``ctx.placeholder`` is not cached: its tokens exist only after the call.

    Args:
        inputs: Files and folders that the function, or code that it calls, reads: its folder of scripts, and
            the modules of yours that it imports. Default: ``()``.

    Raises:
        ValidationError: An input does not exist, or the function takes variables from a function around it.
    """
    paths = [Path(path).absolute() for path in inputs]
    checks.raise_problems(_input_problem(path) for path in paths)

    def mark(function: Callable[[PipelineContext], Pipeline]) -> CacheableFunction:
        checks.raise_problems([_closure_problem(function)])
        return CacheableFunction(function, paths)

    return mark


def _input_problem(path: Path) -> Problem | None:
    if path.exists():
        return None
    return Problem(
        code="CacheInputNotFound",
        parameter="inputs",
        rule="name files and folders that exist",
        value=str(path),
        fix="give paths from the function's own file, such as Path(__file__).parent / 'scripts'",
    )


def _closure_problem(function: Callable[[PipelineContext], Pipeline]) -> Problem | None:
    if inspect.isfunction(function) and function.__closure__ is None and "<lambda>" not in function.__name__:
        return None
    return Problem(
        code="NotCacheable",
        parameter="pipeline",
        rule="be a function of a file, without variables of a function around it, to be cacheable",
        value=getattr(function, "__qualname__", function),
        fix="move it to the top of its module, or leave the decorator out",
    )
