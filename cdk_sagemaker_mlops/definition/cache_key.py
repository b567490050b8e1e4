"""Everything that a definition depends on, as one text."""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.definition.archive import is_left_out
from cdk_sagemaker_mlops.definition.cacheable_function import CacheableFunction

_PACKAGE = Path(__file__).parents[1]
_OWN_SOURCES = ("definition", "config", "errors.py")
# What writes the definition, and what it is checked with.
_DISTRIBUTIONS = (
    "sagemaker",
    "sagemaker-core",
    "sagemaker-mlops",
    "sagemaker-serve",
    "sagemaker-train",
    "boto3",
    "botocore",
    "pydantic",
)
# The SDK reads these; AWS's own are held still while it runs.
_ENVIRONMENT = re.compile(r"(SAGEMAKER|SM|AWS_JUMPSTART|JUMPSTART)_")
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


class NotCacheableError(Exception):
    """Something decides the definition that cannot be written down."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CacheKey:
    """What decides a definition.

    Attributes:
        text: All of it, with files by their content, and tokens by their order: CDK numbers them anew in
            every process.
        tokens: The strings with tokens, in that order.
    """

    text: str
    tokens: tuple[str, ...]


def cache_key(pipeline: object, request: Mapping[str, object]) -> CacheKey:
    """Writes down everything that decides the definition of ``pipeline``.

    Args:
        pipeline: A config of this library, or a function marked as cacheable.
        request: The other arguments that the definition is built with.

    Raises:
        NotCacheableError: ``pipeline`` is neither, or holds something that is not plain data.
        OSError: A file that it names cannot be read.
    """
    writer = _Writer()
    content = [
        writer.pipeline(pipeline),
        writer.value(request),
        [[name, os.environ[name]] for name in sorted(os.environ) if _ENVIRONMENT.match(name)],
        _installed(),
    ]
    return CacheKey(text=json.dumps(content, separators=(",", ":")), tokens=tuple(writer.tokens))


class _Writer:
    """Turns values into JSON from which no two different values come out alike."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def pipeline(self, pipeline: object) -> Any:
        if isinstance(pipeline, CacheableFunction):
            return ["function", pipeline.name, *(_content(path) for path in pipeline.inputs)]
        return self.value(pipeline)

    def value(self, value: object) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return self._number(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Path):
            return _content(value)
        return self._container(value)

    def _number(self, value: float) -> Any:
        if checks.is_token(value):
            raise NotCacheableError("a number that is known only at deployment")
        return ["float", repr(value)]

    def _text(self, value: str) -> Any:
        if isinstance(value, enum.Enum):
            return ["enum", type(value).__qualname__, value.name]
        if not checks.is_token(value):
            return value
        if value not in self.tokens:
            self.tokens.append(value)
        return ["token", self.tokens.index(value), _TOKEN.sub("${Token}", value)]

    def _container(self, value: object) -> Any:
        if isinstance(value, Mapping):
            # In the order given: it is the order of the pipeline's parameters.
            return ["mapping", *([self.value(key), self.value(inner)] for key, inner in value.items())]
        if isinstance(value, list | tuple):
            return [type(value).__name__, *(self.value(inner) for inner in value)]
        if dataclasses.is_dataclass(value) and type(value).__module__.partition(".")[0] == _PACKAGE.name:
            fields = ([field.name, self._field(field, value)] for field in dataclasses.fields(value))
            return ["config", type(value).__qualname__, *fields]
        raise NotCacheableError(f"a {type(value).__qualname__}")

    def _field(self, field: dataclasses.Field[Any], owner: object) -> Any:
        value = getattr(owner, field.name)
        if isinstance(value, str) and "Path" in str(field.type) and Path(value).exists():
            return _content(Path(value))
        return self.value(value)


def _content(path: Path) -> Any:
    if path.is_dir():
        return ["folder", *([name, *_file(path / name)] for name in _names(path))]
    return ["file", path.name, *_file(path)] if path.is_file() else ["missing", str(path)]


def _names(folder: Path) -> Iterable[str]:
    for parent, directories, names in os.walk(folder):
        if any(Path(parent, directory).is_symlink() for directory in directories):
            raise NotCacheableError("a folder with a link to a folder, whose files need not lie in it")
        directories[:] = sorted(name for name in directories if not is_left_out(name))
        for name in sorted(names):
            relative = Path(parent, name).relative_to(folder).as_posix()
            if not is_left_out(relative):
                yield relative


def _file(path: Path) -> list[Any]:
    return [hashlib.sha256(path.read_bytes()).hexdigest(), os.access(path, os.X_OK)]


@functools.cache
def _installed() -> list[Any]:
    """This library's own sources, and the versions of what it builds on: fixed while a process runs."""
    return [
        [_content(_PACKAGE / name) for name in _OWN_SOURCES],
        [[name, _version(name)] for name in _DISTRIBUTIONS],
        [sys.implementation.name, *sys.version_info[:2], sys.platform],
    ]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
