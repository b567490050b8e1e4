"""The folder of the cache survives what happens to caches: parallel use, damage, age, size."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.definition import cache_store


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
