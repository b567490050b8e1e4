"""Every block of the README is executed here, or is the command that another test runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cdk_sagemaker_mlops

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

RUN_BLOCKS = """
import functools, pathlib, runpy, sys
import aws_cdk
App = aws_cdk.App
for number in range(int(sys.argv[1])):
    aws_cdk.App = functools.partial(App, outdir=f"assembly{number}")
    runpy.run_path(str(pathlib.Path(f"block{number}.py").absolute()), run_name="__main__")
"""


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def test_no_block_is_of_a_kind_that_nothing_executes() -> None:
    assert {language for language, _ in BLOCKS} == {"console", "python", "mermaid"}
    assert README.count("```") == 2 * len(BLOCKS)


def test_python_blocks_run(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "model_code", tmp_path / "model_code")
    shutil.copytree(ROOT / "examples" / "quickstart" / "data", tmp_path / "data")
    for number, code in enumerate(blocks("python")):
        (tmp_path / f"block{number}.py").write_text(code)

    # In one process: each would import the SDK and CDK anew.
    ran = subprocess.run(
        [sys.executable, "-c", RUN_BLOCKS, str(len(blocks("python")))],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    for number, code in enumerate(blocks("python")):
        synthesised = (tmp_path / f"assembly{number}" / "Churn.template.json").is_file()
        assert synthesised == ("app.synth()" in code)


def test_the_main_job_is_what_the_integration_test_runs() -> None:
    integration = (ROOT / "tests" / "integration" / "test_local_run.py").read_text()
    command = blocks("console")[0].strip()

    assert command == "pip install uv && uv run --extra local cdk-mlops local run examples/quickstart"
    assert 'cdk_mlops("run", quickstart, "--json")' in integration


def test_the_test_command_is_what_the_checks_run() -> None:
    assert "pip install uv && uv run pytest\n" in blocks("console")
    script = (ROOT / ".ci" / "run").read_text()
    assert "pip install" in script
    assert "uv run pytest\n" in script


def test_the_pytest_example_is_the_one_that_the_integration_test_runs() -> None:
    example = (ROOT / "examples" / "quickstart" / "tests" / "test_quickstart.py").read_text()
    integration = (ROOT / "tests" / "integration" / "test_pytest_plugin.py").read_text()
    assert example in blocks("python")
    assert "pytest --mlops-local\n" in blocks("console")
    assert 'cdk_mlops.pytest(folder, "--mlops-local"' in integration


def test_no_command_is_shown_that_no_test_knows() -> None:
    known = [
        "pip install uv && uv run pytest\n",
        "pytest --mlops-local\n",
        # tests/snapshots/test_pipeline_templates.py runs the first, tests/unit/cli/test_pictures.py the second.
        "cdk-mlops graph --app examples/quickstart --svg docs/images/pipeline.svg\ncdk-mlops report 2\n",
    ]
    # tests/integration/test_readme_transcript.py types the one that shows what is printed.
    assert sorted(block for block in blocks("console")[1:] if not block.startswith("$ ")) == sorted(known)
    assert len(blocks("console")) == 1 + len(known) + 1


def test_the_diagram_names_constructs_that_exist() -> None:
    (diagram,) = blocks("mermaid")
    named = set(re.findall(r"\b[A-Z]\w+[a-z][A-Z]\w+", diagram))

    assert named == {"TrainingPipeline", "ModelRegistry", "ModelDeployment"}
    assert named <= set(cdk_sagemaker_mlops.__all__)


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").iterdir()), ids=lambda path: path.name)
def test_pictures_are_shown_and_small(picture: Path) -> None:
    assert f"](docs/images/{picture.name})" in README
    assert picture.stat().st_size < 150_000


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_to_files(target: str) -> None:
    assert (ROOT / target).exists()
