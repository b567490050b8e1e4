"""What unit and integration tests of local jobs share: an S3 on this disk, and both ways of showing /opt/ml."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.execution.opt_ml import MountedOptMl, OptMl, RewrittenOptMl, best_opt_ml


def pytest_configure() -> None:
    """Tests build definitions themselves and leave the user's cache alone; those of the cache name their own."""
    os.environ["CDK_MLOPS_DEFINITION_CACHE"] = "off"


class FolderStorage:
    """Objects as files: ``s3://bucket/key`` is ``root/bucket/key``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, s3_uri: str) -> Path:
        return self.root / s3_uri.removeprefix("s3://")

    def list(self, s3_uri: str) -> list[str]:
        at = self.path(s3_uri.rstrip("/"))
        if at.is_file():
            return [s3_uri]
        return [f"s3://{path.relative_to(self.root)}" for path in sorted(at.rglob("*")) if path.is_file()]

    def download(self, s3_uri: str, path: Path) -> None:
        shutil.copyfile(self.path(s3_uri), path)

    def upload(self, path: Path, s3_uri: str) -> None:
        target = self.path(s3_uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def write(self, s3_uri: str, content: str | bytes) -> str:
        target = self.path(s3_uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return s3_uri


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "s3")


WAYS: dict[str, OptMl] = {"mounted": MountedOptMl(), "rewritten": RewrittenOptMl()}


@pytest.fixture(params=list(WAYS))
def opt_ml(request: pytest.FixtureRequest) -> OptMl:
    """Both ways of showing /opt/ml; the exact one only where the system allows it."""
    way = WAYS[request.param]
    if isinstance(way, MountedOptMl) and not isinstance(best_opt_ml(), MountedOptMl):
        pytest.skip("this system allows no user namespaces")
    return way
