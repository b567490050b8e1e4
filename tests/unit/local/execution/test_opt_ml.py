from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.execution import opt_ml as module
from cdk_sagemaker_mlops.local.execution.failures import StepFailedError
from cdk_sagemaker_mlops.local.execution.opt_ml import MountedOptMl, RewrittenOptMl, best_opt_ml, host_path

JOB = Path("/work/Train")


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("/opt/ml", "/work/Train/opt/ml"),
        ("cat '/opt/ml/model/x' /opt/ml.", "cat '/work/Train/opt/ml/model/x' /work/Train/opt/ml."),
        ("a=/opt/ml:/opt/ml/b", "a=/work/Train/opt/ml:/work/Train/opt/ml/b"),
        ("file:///opt/ml", "file:///work/Train/opt/ml"),
        ("/opt/mlflow /opt/ml-x /usr/opt/ml ./opt/ml", "/opt/mlflow /opt/ml-x /usr/opt/ml ./opt/ml"),
        ("/work/Train/opt/ml/model", "/work/Train/opt/ml/model"),
    ],
)
def test_rewrites_mentions_of_the_path_only(text: str, rewritten: str) -> None:
    assert RewrittenOptMl().text(JOB, text) == rewritten
    assert MountedOptMl().text(JOB, text) == text


def test_collecting_undoes_staging(tmp_path: Path) -> None:
    file = tmp_path / "opt" / "ml" / "a.py"
    file.parent.mkdir(parents=True)
    file.write_text("open('/opt/ml/model')")
    way = RewrittenOptMl()
    way.stage(tmp_path, tmp_path)
    assert file.read_text() == f"open('{tmp_path}/opt/ml/model')"
    way.collect(tmp_path, tmp_path)
    assert file.read_text() == "open('/opt/ml/model')"


def test_finds_a_path_of_the_container_on_this_machine() -> None:
    assert host_path(JOB, "/opt/ml/processing/x") == JOB / "opt/ml/processing/x"
    assert host_path(JOB, "/opt/ml") == JOB / "opt/ml"


@pytest.mark.parametrize("path", ["/tmp/x", "/opt/mlx", "opt/ml/x", "/opt/ml/../x"])
def test_fails_when_a_path_is_not_the_jobs(path: str) -> None:
    with pytest.raises(StepFailedError) as caught:
        host_path(JOB, path)
    assert str(caught.value) == (
        f"ClientError: a local path must be at or below /opt/ml, got {path!r}; use a path such as "
        "/opt/ml/processing/input"
    )


def test_rewrites_where_the_system_cannot_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "darwin")
    best_opt_ml.cache_clear()
    try:
        assert isinstance(best_opt_ml(), RewrittenOptMl)
    finally:
        best_opt_ml.cache_clear()
