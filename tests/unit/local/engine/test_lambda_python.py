from __future__ import annotations

import subprocess
import threading
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.lambda_python import closure, lambda_python


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a cache é")


@pytest.fixture(scope="module")
def interpreter(cache: Path) -> Path:
    return lambda_python(cache)


def _run(interpreter: Path, code: str) -> subprocess.CompletedProcess[str]:
    # Elsewhere, because Python looks for modules in the current folder, too.
    return subprocess.run(
        [interpreter, "-c", code], capture_output=True, text=True, check=False, cwd=interpreter.parent
    )


def test_boto3_is_there(interpreter: Path) -> None:
    ran = _run(interpreter, "import boto3; boto3.client('s3', region_name='us-east-1'); print('made')")

    assert (ran.stdout, ran.stderr) == ("made\n", "")


@pytest.mark.parametrize("module", ["numpy", "aws_cdk", "cdk_sagemaker_mlops", "ministack", "pip"])
def test_nothing_else_is_there(interpreter: Path, module: str) -> None:
    ran = _run(interpreter, f"import {module}")

    assert f"No module named '{module}'" in ran.stderr


def test_it_is_built_once(interpreter: Path, cache: Path) -> None:
    marker = interpreter.parent / "marker"
    marker.touch()

    assert lambda_python(cache) == interpreter
    assert marker.exists()


def test_builders_at_once_leave_one_whole_interpreter(tmp_path: Path) -> None:
    built: list[Path] = []
    builders = [threading.Thread(target=lambda: built.append(lambda_python(tmp_path))) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()

    assert len(set(built)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [built[0].parents[1].name]
    assert _run(built[0], "import boto3").returncode == 0


def test_the_closure_is_what_boto3_needs() -> None:
    names = {item.name.lower() for item in closure("boto3")}

    assert {"boto3", "botocore", "s3transfer", "urllib3", "jmespath"} <= names
    assert len(names) < 10


def test_fails_when_it_is_not_installed() -> None:
    with pytest.raises(PackageNotFoundError):
        closure("no-such-distribution")
