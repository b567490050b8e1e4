from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from ministack.core import router

from cdk_sagemaker_mlops.errors import LocalRunError
from cdk_sagemaker_mlops.local.engine.seams import PINNED_VERSION, SEAMS, Seam, check_seams, missing

_ROUTER = next(seam for seam in SEAMS if str(seam) == "ministack.core.router.SERVICE_PATTERNS")


def test_a_name_that_exists_is_not_missing() -> None:
    assert missing([_ROUTER]) == []


def test_fails_when_a_name_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(router, "SERVICE_PATTERNS")

    with pytest.raises(LocalRunError) as caught:
        check_seams([_ROUTER])

    assert str(caught.value) == (
        "UnsupportedEmulator: ministack.core.router.SERVICE_PATTERNS must exist, because the local engine uses it "
        f"(routes requests to the sagemaker service), got 'ministack {version('ministack')}'; "
        "install ministack==1.5.33"
    )


def test_fails_when_a_module_has_gone() -> None:
    gone = [Seam("core.none", "name", "nothing"), Seam("core.router", "none", "nothing")]

    with pytest.raises(LocalRunError) as caught:
        check_seams(gone)

    assert [problem.parameter for problem in caught.value.problems] == [
        "ministack.core.none.name",
        "ministack.core.router.none",
    ]


def test_the_pinned_version_is_the_one_the_package_asks_for() -> None:
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text())

    assert f"ministack=={PINNED_VERSION}" in project["project"]["optional-dependencies"]["local"]


def test_every_private_name_in_use_is_a_seam() -> None:
    engine = Path(__file__).parents[4] / "cdk_sagemaker_mlops/local/engine"
    source = "\n".join(path.read_text() for path in engine.rglob("*.py") if path.name != "seams.py")

    unused = [seam for seam in SEAMS if seam.name not in source]

    assert unused == []
