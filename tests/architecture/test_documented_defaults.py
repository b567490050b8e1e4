"""Docstrings state the defaults that the code has."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import pytest
from aws_cdk import RemovalPolicy

import cdk_sagemaker_mlops
from cdk_sagemaker_mlops import StandardPipeline

CLASSES = [
    getattr(cdk_sagemaker_mlops, name)
    for name in cdk_sagemaker_mlops.__all__
    if not name.endswith("Error") and name not in ("PipelineContext", "cacheable")
]
# An argument and its text, up to the next argument at the same depth.
_ARGUMENT = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", re.MULTILINE | re.DOTALL)
_LITERAL = re.compile(r"Default: ``([^`]+)``[.,;]")


def documented(cls: type) -> dict[str, str]:
    text = inspect.getdoc(cls) or ""
    arguments = re.search(r"^Args:\n(.*?)(?=^\w|\Z)", text, re.MULTILINE | re.DOTALL)
    assert arguments, f"{cls.__name__} documents no arguments"
    return {name: " ".join(body.split()) for name, body in _ARGUMENT.findall(arguments.group(1))}


def parameters(cls: type) -> dict[str, inspect.Parameter]:
    """The arguments of ``__init__``; jsii's metaclass hides them from the class's own signature."""
    _self, *rest = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    return {parameter.name: parameter for parameter in rest}


def optional(cls: type) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in parameters(cls).items()
        if parameter.default is not inspect.Parameter.empty
    }


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_argument_is_documented_in_order(cls: type) -> None:
    assert list(documented(cls)) == list(parameters(cls))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_optional_argument_says_its_default(cls: type) -> None:
    texts = documented(cls)

    for name in optional(cls):
        assert "Default: " in texts[name], f"{cls.__name__}.{name} does not say its default"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_stated_literals_are_the_real_ones(cls: type) -> None:
    texts = documented(cls)

    for name, default in optional(cls).items():
        stated = _LITERAL.search(texts[name])
        if stated is None or stated.group(1).endswith("()"):
            assert (
                default in (None, ()) or callable(getattr(default, "keys", None)) or _is_factory(default)
            ), name
        elif stated.group(1).startswith("RemovalPolicy."):
            assert default == getattr(RemovalPolicy, stated.group(1).partition(".")[2]), name
        else:
            assert default == ast.literal_eval(stated.group(1)), name


def _is_factory(default: Any) -> bool:
    return type(default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS"


def test_would_notice_a_wrong_default() -> None:
    assert _LITERAL.search(documented(StandardPipeline)["volume_size_in_gb"]).group(1) == "30"  # type: ignore[union-attr]
