"""The key of the cache notices every change that decides a definition, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops import StandardPipeline
from cdk_sagemaker_mlops.definition import cache_key
from cdk_sagemaker_mlops.definition.cache_key import NotCacheableError

REQUEST: dict[str, Any] = {
    "pipeline_name": "churn",
    "model_package_group_name": "churn-models",
    "region": None,
    "input_data_uri": None,
}


def key(pipeline: Any, **changed: Any) -> str:
    return cache_key.cache_key(pipeline, {**REQUEST, **changed}).text


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
