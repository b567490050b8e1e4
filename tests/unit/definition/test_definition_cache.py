"""The cache gives what a build would, notices every change, and survives what happens to caches."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops import StandardPipeline, ValidationError
from cdk_sagemaker_mlops.definition import cache_key, cache_store, definition_cache
from cdk_sagemaker_mlops.definition.cache_key import NotCacheableError
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
def scripts(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    for name in ("preprocess", "train", "evaluate", "inference"):
        (folder / f"{name}.py").write_text(f"print({name!r})\n")
    return folder


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


def key(pipeline: Any, **changed: Any) -> str:
    return cache_key.cache_key(pipeline, {**REQUEST, **changed}).text


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


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "train.py").write_text("print('trainer')\n"),
        lambda path: (path / "new.py").write_text(""),
        lambda path: (path / "train.py").chmod(0o755),
        lambda path: (path / "train.py").rename(path / "other.py"),
        lambda path: (path / "below").mkdir() or (path / "below" / "data.bin").write_bytes(b"\0"),
    ],
)
def test_every_byte_of_the_code_counts(change: Callable[[Path], Any], scripts: Path) -> None:
    config = StandardPipeline(source_dir=scripts)
    before = key(config)
    change(scripts)

    assert key(config) != before


def test_by_products_do_not_count(scripts: Path) -> None:
    before = key(StandardPipeline(source_dir=scripts))
    (scripts / "__pycache__").mkdir()
    (scripts / "__pycache__" / "train.pyc").write_bytes(b"1")
    (scripts / ".git").mkdir()

    assert key(StandardPipeline(source_dir=scripts)) == before


def test_where_the_code_lies_does_not_count(scripts: Path, tmp_path: Path) -> None:
    before = key(StandardPipeline(source_dir=scripts))
    scripts.rename(tmp_path / "elsewhere")

    assert key(StandardPipeline(source_dir=str(tmp_path / "elsewhere"))) == before


def test_every_field_of_the_config_counts(scripts: Path) -> None:
    config = StandardPipeline(source_dir=scripts)
    before = key(config)
    unnoticed = []
    for field in dataclasses.fields(StandardPipeline):
        changed = StandardPipeline(source_dir=scripts)
        object.__setattr__(changed, field.name, "a value of its own")
        if key(changed) == before:
            unnoticed.append(field.name)

    assert unnoticed == []


@pytest.mark.parametrize(
    "changed",
    [
        {"pipeline_name": "other"},
        {"model_package_group_name": "other"},
        {"model_package_group_name": "${Token[Group.1]}"},
        {"region": "eu-west-1"},
        {"input_data_uri": "s3://data/2026"},
        {"input_data_uri": "${Token[Data.1]}"},
        {"input_data_uri": "${Token[Data.1]}/2026"},
    ],
)
def test_every_argument_counts(changed: dict[str, Any], scripts: Path) -> None:
    config = StandardPipeline(source_dir=scripts)

    assert key(config, **changed) != key(config)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": [1]}, {"a": (1,)}),
        ({"a": ["float", "1.0"]}, {"a": 1.0}),
        ({"a": "${Token[X.1]}/in"}, {"a": "${Token[X.1]}/out"}),
    ],
)
def test_no_two_values_look_alike(one: Any, other: Any) -> None:
    assert cache_key.cache_key(one, REQUEST).text != cache_key.cache_key(other, REQUEST).text


def test_the_numbers_of_tokens_do_not_count_but_which_is_which_does() -> None:
    def text(first: int, second: int) -> str:
        return cache_key.cache_key({"a": f"${{Token[X.{first}]}}", "b": f"${{Token[X.{second}]}}"}, {}).text

    assert text(1, 2) == text(8, 4)
    assert text(1, 1) != text(1, 2)


def test_versions_and_environment_count(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = StandardPipeline(source_dir=scripts)
    before = key(config)
    monkeypatch.setenv("SAGEMAKER_INTERNAL_IMAGE_URI", "other")
    with_environment = key(config)
    monkeypatch.delenv("SAGEMAKER_INTERNAL_IMAGE_URI")
    monkeypatch.setattr(cache_key.metadata, "version", lambda _name: "99")
    cache_key._installed.cache_clear()
    try:
        assert len({before, with_environment, key(config)}) == 3
    finally:
        cache_key._installed.cache_clear()


def test_the_sources_of_this_library_count(
    scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("definition", "config"):
        (tmp_path / name).mkdir()
    (tmp_path / "errors.py").write_text("1")
    monkeypatch.setattr(cache_key, "_PACKAGE", tmp_path)
    texts = set()
    try:
        for source in ("a", "b"):
            (tmp_path / "definition" / "builder.py").write_text(source)
            cache_key._installed.cache_clear()
            texts.add(json.dumps(cache_key._installed()))
    finally:
        cache_key._installed.cache_clear()

    assert len(texts) == 2


@pytest.mark.parametrize("value", [object(), {"a": lambda: None}, {"number": -1.8881545897087e289}])
def test_what_is_not_plain_data_is_not_cached(value: object) -> None:
    with pytest.raises(NotCacheableError):
        cache_key.cache_key(value, REQUEST)


def test_a_subclass_of_a_config_is_not_cached(scripts: Path) -> None:
    class Mine(StandardPipeline):
        pass

    with pytest.raises(NotCacheableError):
        key(Mine(source_dir=scripts))


def test_a_folder_that_links_to_another_is_not_cached(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (scripts / "link").symlink_to(tmp_path / "outside")

    with pytest.raises(NotCacheableError):
        key(StandardPipeline(source_dir=scripts))


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


def test_parallel_writers_and_readers_never_see_half_an_entry(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from cdk_sagemaker_mlops.definition.cache_store import CacheStore\n"
        "store = CacheStore(Path(sys.argv[1]))\n"
        "for _ in range(150):\n"
        "    assert store.read('key') in (None, 'text' * 50_000)\n"
        "    store.write('key', 'text' * 50_000)\n"
        "    assert store.read('key') == 'text' * 50_000\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(list(tmp_path.iterdir())) == 1


def test_old_entries_go_and_used_ones_stay(tmp_path: Path) -> None:
    store = cache_store.CacheStore(tmp_path)
    for name in ("used", "unused"):
        store.write(name, name)
    (tmp_path / "left.tmp").write_text("a process died here")
    (tmp_path / "note.txt").write_text("not ours")
    two_months_ago = time.time() - 60 * 24 * 3600
    for path in tmp_path.iterdir():
        os.utime(path, (two_months_ago, two_months_ago))
    store.read("used")
    store.write("new", "new")

    assert (store.read("used"), store.read("unused"), store.read("new")) == ("used", None, "new")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json", ".txt"]


def test_the_folder_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_store, "_MAX_BYTES", 1000)
    store = cache_store.CacheStore(tmp_path)
    for number in range(6):
        store.write(str(number), "x" * 200)
        newest = tmp_path / f"{cache_store._sha256(str(number))}.json"
        os.utime(newest, (time.time() - 100 + number,) * 2)

    assert store.read("5") is not None
    assert store.read("0") is None
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_a_huge_entry_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_store, "_MAX_ENTRY_BYTES", 500)
    cache_store.CacheStore(tmp_path).write("key", "x" * 500)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = cache_store.CacheStore(tmp_path / "file" / "below")
    store.write("key", "text")

    assert store.read("key") is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CDK_MLOPS_DEFINITION_CACHE": "off", "CDK_MLOPS_CACHE": "/all"}, None),
        ({"CDK_MLOPS_DEFINITION_CACHE": "OFF"}, None),
        ({"CDK_MLOPS_DEFINITION_CACHE": "/here"}, "/here"),
        ({"CDK_MLOPS_CACHE": "/all"}, "/all/definitions"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/cdk-sagemaker-mlops/definitions"),
    ],
)
def test_the_environment_says_where_definitions_are_kept(
    environment: dict[str, str], expected: str | None
) -> None:
    assert cache_store.store_folder(environment) == (None if expected is None else Path(expected))


def test_without_settings_definitions_are_kept_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    expected = Path("/home/someone/.cache/cdk-sagemaker-mlops/definitions")

    assert cache_store.store_folder({}) == expected
    assert cache_store.store_folder({"XDG_CACHE_HOME": "relative"}) == expected


def test_off_builds_and_keeps_nothing(scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache_store.SETTING, "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    get(StandardPipeline(source_dir=scripts))

    assert not (tmp_path / "xdg").exists()
