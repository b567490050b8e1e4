"""The cache gives what a build would, notices every change, and survives what happens to caches."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops import StandardPipeline, ValidationError
from cdk_sagemaker_mlops.definition import cache_store, definition_cache
from cdk_sagemaker_mlops.definition.cacheable_function import cacheable
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, build_definition

ROOT = Path(__file__).parents[3]
REQUEST: dict[str, Any] = {
    "pipeline_name": "churn",
    "model_package_group_name": "churn-models",
    "region": None,
    "input_data_uri": None,
}
FUNCTIONS = """
from cdk_sagemaker_mlops.definition.cacheable_function import cacheable

CALLS = []

@cacheable(inputs=[{input!r}])
def pipeline(ctx):
    from pathlib import Path
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline

    CALLS.append(ctx.pipeline_name)
    fail = FailStep(name="Fail", error_message=Path({input!r}).read_text())
    return Pipeline(ctx.pipeline_name, parameters=[ctx.input_data_uri], steps=[fail],
                    sagemaker_session=ctx.session)

@cacheable()
def with_a_token(ctx):
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline

    CALLS.append(ctx.pipeline_name)
    fail = FailStep(name="Fail", error_message=ctx.placeholder("${{Token[Key.7]}}"))
    return Pipeline(ctx.pipeline_name, parameters=[], steps=[fail], sagemaker_session=ctx.session)
"""
SYNTH = """
import json, sys
from cdk_sagemaker_mlops import StandardPipeline
from cdk_sagemaker_mlops.definition.definition_cache import cached_definition

definition = cached_definition(
    StandardPipeline(source_dir=sys.argv[1]),
    pipeline_name="churn", model_package_group_name="${Token[Group." + sys.argv[2] + "]}",
    region=None, input_data_uri=None,
)
print(json.dumps({
    "sdk": "sagemaker" in sys.modules, "document": definition.document,
    "code": {key: body.hex() for key, body in definition.code.items()}, "tokens": dict(definition.tokens),
    "image_tables": {key: dict(table) for key, table in definition.image_tables.items()},
}))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache_store.SETTING, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def functions(tmp_path: Path) -> dict[str, Any]:
    """A user's module, in a file of its own that a test may change."""
    (tmp_path / "message.txt").write_text("first")
    return load(tmp_path)


def load(folder: Path) -> dict[str, Any]:
    source = folder / "pipelines.py"
    source.write_text(FUNCTIONS.format(input=str(folder / "message.txt")))
    module: dict[str, Any] = {"__name__": "pipelines", "__file__": str(source)}
    exec(compile(source.read_text(), str(source), "exec"), module)
    return module


def get(pipeline: Any, **changed: Any) -> PipelineDefinition:
    return definition_cache.cached_definition(pipeline, **{**REQUEST, **changed})


def synthesise(scripts: Path, folder: Path, token: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-c", SYNTH, str(scripts), token],
        env={**os.environ, cache_store.SETTING: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_an_unchanged_pipeline_does_not_import_the_sdk(scripts: Path, tmp_path: Path) -> None:
    cold = synthesise(scripts, tmp_path / "cache", "7")
    warm = synthesise(scripts, tmp_path / "cache", "31")

    assert (cold.pop("sdk"), warm.pop("sdk")) == (True, False)
    assert list(cold.pop("tokens").values()) == ["${Token[Group.7]}"]
    assert list(warm.pop("tokens").values()) == ["${Token[Group.31]}"]
    assert warm == cold


def test_a_hit_equals_a_build(folder: Path, scripts: Path) -> None:
    config = StandardPipeline(source_dir=scripts, hyperparameters={"alpha": 0.5})

    assert get(config) == get(config) == build_definition(config, **REQUEST)
    assert len(list(folder.iterdir())) == 1


def test_what_changes_during_the_build_is_not_kept(
    folder: Path, scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_and_change(*args: Any, **options: Any) -> PipelineDefinition:
        built = build_definition(*args, **options)
        (scripts / "train.py").write_text("print('saved meanwhile')")
        return built

    monkeypatch.setattr(definition_cache, "build_definition", build_and_change)
    get(StandardPipeline(source_dir=scripts))

    assert not folder.exists()


def test_a_function_is_called_every_time_unless_it_is_marked(folder: Path, functions: dict[str, Any]) -> None:
    for _ in range(2):
        get(functions["pipeline"]._function)
    assert functions["CALLS"] == ["churn", "churn"]
    functions["CALLS"].clear()

    assert get(functions["pipeline"]) == get(functions["pipeline"])
    assert functions["CALLS"] == ["churn"]


def test_a_marked_function_is_called_again_when_its_file_or_an_input_changes(
    folder: Path, functions: dict[str, Any], tmp_path: Path
) -> None:
    first = get(functions["pipeline"])
    (tmp_path / "message.txt").write_text("second")
    second = get(functions["pipeline"])
    with (tmp_path / "pipelines.py").open("a") as source:
        source.write("# changed\n")
    get(functions["pipeline"])

    assert functions["CALLS"] == ["churn", "churn", "churn"]
    assert "first" in first.document
    assert "second" in second.document


def test_a_definition_with_tokens_of_its_own_is_not_kept(folder: Path, functions: dict[str, Any]) -> None:
    for _ in range(2):
        assert list(get(functions["with_a_token"]).tokens.values()) == ["${Token[Key.7]}"]

    assert functions["CALLS"] == ["churn", "churn"]
    assert not folder.exists()


def test_fails_when_a_marked_function_depends_on_what_is_around_it() -> None:
    around = "value"

    def inner(ctx: Any) -> Any:
        return around

    with pytest.raises(ValidationError) as raised:
        cacheable()(inner)
    assert str(raised.value) == (
        "NotCacheable: pipeline must be a function of a file, without variables of a function around it, to be "
        f"cacheable, got {inner.__qualname__!r}; move it to the top of its module, or leave the decorator out"
    )


def test_fails_when_an_input_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        ValidationError, match="CacheInputNotFound: inputs must name files and folders that exist"
    ):
        cacheable(inputs=[tmp_path / "no such"])


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "null",
        lambda text: "[]",
        lambda text: text.replace("print", "Print").replace("QualityGate", "OtherGate"),
        lambda text: json.dumps({**json.loads(text), "key": "another pipeline's"}),
        lambda text: json.dumps({**json.loads(text), "text": None}),
    ],
)
def test_a_damaged_entry_is_built_again(
    damage: Callable[[str], str], folder: Path, scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PipelineDefinition(
        document="QualityGate", code={"a": b"\xff"}, image_tables={"1": {"r": "2"}}, tokens={}
    )
    monkeypatch.setattr(definition_cache, "build_definition", lambda *_args, **_options: whole)
    config = StandardPipeline(source_dir=scripts)
    assert get(config) == get(config) == whole
    (entry,) = folder.iterdir()
    kept = entry.read_text()
    entry.write_text(damage(kept))

    assert get(config) == whole
    assert entry.read_text() == kept


def test_an_entry_holds_every_field_of_a_definition() -> None:
    known = {field.name for field in dataclasses.fields(PipelineDefinition)}

    assert known == {"document", "code", "image_tables", "tokens"}, (
        "a new field of PipelineDefinition must be written to the cache, and read from it"
    )


def test_off_builds_and_keeps_nothing(scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache_store.SETTING, "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    get(StandardPipeline(source_dir=scripts))

    assert not (tmp_path / "xdg").exists()
