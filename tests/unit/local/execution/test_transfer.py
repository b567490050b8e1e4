from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.failures import StepFailedError
from cdk_sagemaker_mlops.local.execution.transfer import download, upload


def tree(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("uri", ["s3://b/in/data", "s3://b/in/data/"])
def test_objects_keep_their_place_below_the_prefix(storage: Any, tmp_path: Path, uri: str) -> None:
    storage.write("s3://b/in/data/a.csv", "a")
    storage.write("s3://b/in/data/sub/b.csv", "b")
    storage.write("s3://b/in/other.csv", "no")
    download(storage, uri, tmp_path / "to")
    assert tree(tmp_path / "to") == {"a.csv": "a", "sub/b.csv": "b"}


def test_one_object_keeps_its_name(storage: Any, tmp_path: Path) -> None:
    storage.write("s3://b/in/a.csv", "a")
    download(storage, "s3://b/in/a.csv", tmp_path / "to")
    assert tree(tmp_path / "to") == {"a.csv": "a"}


def test_uploads_every_file(storage: Any, tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "from" / "a").write_text("1")
    (tmp_path / "from" / "sub" / "b").write_text("2")
    upload(storage, tmp_path / "from", "s3://b/out/")
    assert tree(storage.root / "b" / "out") == {"a": "1", "sub/b": "2"}


def test_fails_when_there_is_no_object(storage: Any, tmp_path: Path) -> None:
    with pytest.raises(StepFailedError) as caught:
        download(storage, "s3://b/none", tmp_path)
    assert str(caught.value) == (
        "ClientError: there is no object at or below 's3://b/none'; give an S3 URI that holds data"
    )


def test_fails_when_a_key_would_leave_the_folder(storage: Any, tmp_path: Path) -> None:
    class Escaping(type(storage)):  # type: ignore[misc]
        def list(self, s3_uri: str) -> list[str]:
            return [f"{s3_uri}/../../escaped"]

    with pytest.raises(StepFailedError, match="rename the object"):
        download(Escaping(storage.root), "s3://b/in", tmp_path)
