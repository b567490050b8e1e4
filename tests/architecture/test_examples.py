"""Every example synthesises offline, the same bytes each time, without findings of cdk-nag or cfn-lint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cfnlint
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
APPS = sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))
# CDK writes dependencies that a reference implies already.
ACCEPTED_LINT = {"W3005"}
WITH_NAG = """
import runpy, socket, sys
import aws_cdk
from cdk_nag import AwsSolutionsChecks

synth = aws_cdk.App.synth

def synth_with_nag(app, *args, **options):
    aws_cdk.Aspects.of(app).add(AwsSolutionsChecks())
    return synth(app, *args, **options)

def no_network(*args, **options):
    raise OSError("an example must synthesise without network")

if sys.argv[2] == "nag":
    aws_cdk.App.synth = synth_with_nag
socket.socket.connect = no_network
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def synthesise(app: str, folder: Path, *, nag_home: Path | None = None) -> Path:
    """Synthesises an example, with cdk-nag if it is given the home whose definitions it may use."""
    home = folder / "home" if nag_home is None else nag_home
    home.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CDK_OUTDIR": str(folder / "assembly"),
        "PYTHONHASHSEED": str(sum(folder.name.encode())),
    }
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            WITH_NAG,
            str(EXAMPLES / app / "app.py"),
            "plain" if nag_home is None else "nag",
        ],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return folder / "assembly"


def contents(assembly: Path) -> dict[str, bytes]:
    """Every file of an assembly but the traces that name where on this machine a construct was made."""
    return {
        path.relative_to(assembly).as_posix(): path.read_bytes()
        for path in sorted(assembly.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", params=APPS)
def app(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def assembly(app: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesise(app, tmp_path_factory.mktemp("first") / app)


@pytest.mark.long
def test_two_synths_are_byte_identical(app: str, assembly: Path, tmp_path: Path) -> None:
    first, second = contents(assembly), contents(synthesise(app, tmp_path / "second"))

    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    for template in assembly.glob("*.template.json"):
        found = cfnlint.lint_file(template, config=cfnlint.ManualArgs(regions=["us-east-1"]))
        assert [str(match) for match in found if match.rule.id not in ACCEPTED_LINT] == []


def test_cdk_nag_finds_nothing_and_changes_nothing(app: str, assembly: Path, tmp_path: Path) -> None:
    nagged = synthesise(app, tmp_path / "nag", nag_home=assembly.parent / "home")

    reports = list(nagged.glob("AwsSolutions-*.csv"))
    assert reports, "cdk-nag did not run"
    assert _errors(nagged) == []
    # In another process and folder, with other hashes. Definitions built anew, and every file: a long test.
    with_nag, plain = contents(nagged), contents(assembly)
    compared = [name for name in plain if name.endswith((".template.json", ".assets.json")) or "/" in name]
    assert [name for name in compared if with_nag[name] != plain[name]] == []


def test_every_accepted_finding_has_a_reason(assembly: Path) -> None:
    accepted = [
        entry
        for template in assembly.glob("*.template.json")
        for resource in json.loads(template.read_text())["Resources"].values()
        for entry in resource.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", [])
    ]

    assert accepted
    assert all(len(entry["reason"]) > 30 for entry in accepted)


def _errors(assembly: Path) -> list[str]:
    def errors_in(value: Any) -> list[str]:
        if isinstance(value, list):
            return [error for item in value for error in errors_in(item)]
        if not isinstance(value, dict):
            return []
        found = [str(value["data"])] if value.get("type") in ("aws:cdk:error", "aws:cdk:warning") else []
        return found + [error for item in value.values() for error in errors_in(item)]

    return [error for path in assembly.glob("*.json") for error in errors_in(json.loads(path.read_text()))]
