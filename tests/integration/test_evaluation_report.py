"""The report of a real evaluation, with IAM enforced: registered, fetched, and compared with what is approved."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = """
from cdk_sagemaker_mlops.deployed.evaluation_report import fetch_report


def test_reports(mlops_stack):
    def report(package):
        clients = mlops_stack.client("sagemaker"), mlops_stack.client("s3")
        return fetch_report(*clients, package.arn).content.decode()

    first = mlops_stack.run_pipeline().model_package
    assert "Not compared: no version of quickstart-mlops-" in report(first)
    mlops_stack.approve(first)
    second = mlops_stack.run_pipeline(Alpha=200).model_package
    page = report(second)
    assert "Compared with version 1 of quickstart-mlops-" in page
    assert page.count("previous version</li>") == 2
    assert f"<td>{first.metrics['accuracy']['value']:.4g}</td>" in page
"""


@pytest.mark.long
def test_a_report_compares_with_the_version_that_is_approved(cdk_mlops, tmp_path) -> None:
    folder = tmp_path / "examples" / "quickstart"
    ignored = shutil.ignore_patterns("__pycache__", "tests", "cdk.out")
    shutil.copytree(ROOT / "examples" / "quickstart", folder, ignore=ignored)
    shutil.copytree(ROOT / "model_code", folder.parents[1] / "model_code")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_reports.py").write_text(TEST)
    ran = cdk_mlops.pytest(folder, "--mlops-local", "-o", "mlops_iam=true")
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
