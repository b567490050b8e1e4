"""The pytest plugin, used as its users do: pytest in a process of its own, on an app of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bare_app import bucket, job, pipeline, write_bare_app

ROOT = Path(__file__).parents[2]

TWO_TESTS = """
def test_first(mlops_engine, mlops_stack):
    assert mlops_stack.deployment.stack_names == ("Only",)
    assert mlops_stack.pipeline.pipeline_name == "Only-pipeline"
    step = mlops_stack.run_pipeline().steps["Job"]
    assert (step.status, step.cached) == ("Succeeded", False)
    assert mlops_engine.environment["AWS_ENDPOINT_URL"] == mlops_engine.endpoint_url

def test_second_shares_what_the_first_deployed(mlops_stack, mlops_engine):
    assert mlops_stack.run_pipeline().steps["Job"].cached
    buckets = mlops_engine.client("s3").list_buckets()["Buckets"]
    assert "one-of-the-app" in [bucket["Name"] for bucket in buckets]
"""

CACHED = {"Enabled": True, "ExpireAfter": "P1D"}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    templates = {"Only": pipeline([job("print('ran')", CacheConfig=CACHED)])}
    templates["Only"]["Resources"] |= bucket("one-of-the-app")["Resources"]
    folder = write_bare_app(tmp_path / "my \u00e4pp", templates)
    (folder / "tests").mkdir()
    return folder


def test_without_the_option_the_tests_are_skipped_with_the_reason(cdk_mlops, app) -> None:
    (app / "tests" / "test_app.py").write_text(TWO_TESTS)
    ran = cdk_mlops.pytest(app, "-rs")
    assert ran.returncode == 0, ran.stdout
    assert "2 skipped" in ran.stdout
    assert "needs pytest --mlops-local, which starts the local engine" in ran.stdout


def test_an_app_is_deployed_once_in_a_session_and_destroyed_at_its_end(cdk_mlops, app) -> None:
    (app / "tests" / "test_app.py").write_text(TWO_TESTS)
    ran = cdk_mlops.pytest(app, "--mlops-local", "--log-cli-level=INFO", "-W", "error")
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout
    assert ran.stdout.count("Deploy Only (cdk deploy)\n") == 1
    assert ran.stdout.count("Stop the local engine\n") == 1
    assert ran.stdout.index("Destroy my \u00e4pp") < ran.stdout.index("Stop the local engine")
    assert cdk_mlops.left_behind() == []


TOLD = """
import pytest
from botocore.exceptions import ClientError
from cdk_sagemaker_mlops import LocalRunError, OperationError

@pytest.mark.mlops_app("../other")
def test_a_failing_job(mlops_stack):
    with pytest.raises(OperationError, match="step Job must succeed, got 'AlgorithmError: exit code: 3"):
        mlops_stack.run_pipeline()
    with pytest.raises(ClientError, match="UnknownParameter: parameters.Depth must be a parameter of this pipeline"):
        mlops_stack.run_pipeline(Depth=3)
    with pytest.raises(LocalRunError, match="NoEndpoint: Only/Mlops must deploy to an endpoint, got None"):
        mlops_stack.invoke("1,2")
    with pytest.raises(LocalRunError, match=r"be the path of an MlopsPipeline of the app .Only/Mlops."):
        mlops_stack.select("Other/Mlops")
    assert mlops_stack.select("Only/Mlops").pipeline == mlops_stack.pipeline

def test_shows_the_log(mlops_stack):
    mlops_stack.run_pipeline()

@pytest.mark.mlops_app("nowhere")
def test_no_app(mlops_stack):
    pass
"""


@pytest.mark.long
def test_failures_say_what_is_wrong_and_the_app_is_the_one_named(cdk_mlops, app) -> None:
    write_bare_app(app / "other", {"Only": pipeline([job("print('oh no'); raise SystemExit(3)")])})
    (app / "tests" / "test_app.py").write_text(TOLD)
    (app / "tests" / "pytest.ini").write_text("[pytest]\nmlops_app = ../other\n")
    ran = cdk_mlops.pytest(app / "tests", "--mlops-local", "--log-level=INFO")
    assert ran.returncode == 1, ran.stdout
    assert "1 failed, 1 passed, 1 error" in ran.stdout
    assert "AppFolderNotFound: APP_DIR must be a folder, got " in ran.stdout
    assert "Log of step Job, its last 1 lines:\noh no" in ran.stdout.replace(" " * 8, "")
    # The test's own line, and none of the library's.
    assert ">       mlops_stack.run_pipeline()" in ran.stdout
    assert "During handling of the above exception" not in ran.stdout
    assert "cdk_sagemaker_mlops/local/pipeline_run.py" not in ran.stdout
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_fails_when_no_folder_holds_an_app(cdk_mlops, tmp_path) -> None:
    (tmp_path / "test_app.py").write_text("def test(mlops_stack):\n    pass\n")
    ran = cdk_mlops.pytest(tmp_path, "--mlops-local")
    assert ran.returncode == 1
    assert "holds a cdk.json; name the app's folder in the ini-option mlops_app, or by" in ran.stdout
    assert cdk_mlops.left_behind() == []


@pytest.mark.long
def test_each_worker_of_xdist_has_an_engine_of_its_own(cdk_mlops, app) -> None:
    text = (
        "def test(mlops_engine, mlops_stack, worker_id):\n    print(worker_id, mlops_engine.endpoint_url)\n"
    )
    text += "    assert mlops_stack.run_pipeline().steps['Job'].status == 'Succeeded'\n"
    for number in (1, 2):
        (app / "tests" / f"test_{number}.py").write_text(text)
    ran = cdk_mlops.pytest(app, "--mlops-local", "-n", "2", "--dist", "loadfile", "-rP")
    assert ran.returncode == 0, ran.stdout
    told = {line for line in ran.stdout.splitlines() if line.startswith(("gw0 http", "gw1 http"))}
    assert len(told) == 2, ran.stdout
    assert cdk_mlops.left_behind() == []


AGAIN = """

def test_the_same_again_runs_no_job(mlops_stack):
    execution = mlops_stack.run_pipeline()
    cached = {name for name, step in execution.steps.items() if step.cached}
    assert cached == {"Preprocess", "Train", "Evaluate"}
    assert execution.model_package.version == 2
    assert not mlops_stack.run_pipeline(Alpha=0.5).steps["Train"].cached
"""


@pytest.mark.long
def test_the_quickstart_s_own_tests_pass(cdk_mlops, tmp_path) -> None:
    folder = tmp_path / "a copy \u00e9" / "examples" / "quickstart"
    shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "model_code", folder.parents[1] / "model_code")
    assert len((folder / "tests" / "test_quickstart.py").read_text().splitlines()) <= 15
    with (folder / "tests" / "test_quickstart.py").open("a") as file:
        file.write(AGAIN)
    ran = cdk_mlops.pytest(folder, "--mlops-local", "-o", "mlops_iam=true")
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout
    assert cdk_mlops.left_behind() == []
