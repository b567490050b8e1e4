"""Where the caches live."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.config.cache_folder import cache_folder

HOME = Path("/home/jane doe")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "/home/jane doe/.cache/cdk-sagemaker-mlops"),
        ({"XDG_CACHE_HOME": "/var/cache"}, "/var/cache/cdk-sagemaker-mlops"),
        ({"XDG_CACHE_HOME": ""}, "/home/jane doe/.cache/cdk-sagemaker-mlops"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/jane doe/.cache/cdk-sagemaker-mlops"),
        ({"XDG_CACHE_HOME": "/var/cache", "CDK_MLOPS_CACHE": "/mnt/c é"}, "/mnt/c é"),
        ({"CDK_MLOPS_CACHE": ""}, "/home/jane doe/.cache/cdk-sagemaker-mlops"),
    ],
)
def test_the_cache_folder_follows_the_override_then_xdg_then_home(environment, expected) -> None:
    assert cache_folder(environment, HOME) == Path(expected)


def test_a_relative_override_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert cache_folder({"CDK_MLOPS_CACHE": "here"}, HOME) == tmp_path / "here"
