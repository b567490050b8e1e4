"""Archives have the same bytes whenever, wherever and by whom they were packed."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.definition import archive


def _tar(names: list[str], *, mtime: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uname, info.mode = 1, mtime, f"user{mtime}", 0o755
            tar.addfile(info, io.BytesIO(b"x"))
    return buffer.getvalue()


def _zip(names: list[str], *, year: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in names:
            info = zipfile.ZipInfo(name, date_time=(year, 1, 1, 0, 0, 0))
            info.external_attr = 0o100755 << 16
            target.writestr(info, b"x")
    return buffer.getvalue()


def test_a_tar_depends_on_its_members_alone() -> None:
    first = archive.normalised("a.tar.gz", _tar(["b.py", "a.py"], mtime=1))
    second = archive.normalised("a.tgz", _tar(["./a.py", "b.py", "__pycache__/a.pyc"], mtime=2))

    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert [(member.name, member.mode) for member in tar] == [("a.py", 0o755), ("b.py", 0o755)]


def test_a_zip_depends_on_its_members_alone() -> None:
    first = archive.normalised("a.zip", _zip(["b.py", "a.py"], year=1999))
    second = archive.normalised("a.zip", _zip(["folder/", "a.py", "b.py", ".git/config"], year=2020))

    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as source:
        assert [(info.filename, info.external_attr >> 16) for info in source.infolist()] == [
            ("a.py", 0o755),
            ("b.py", 0o755),
        ]
        assert source.read("a.py") == b"x"


@pytest.mark.parametrize("name", ["a.py", "a.jar", "a.whl"])
def test_other_files_are_left_as_they_are(name: str) -> None:
    content = _zip(["a"], year=1999)

    assert archive.normalised(name, content) is content


def test_by_products_stay_out(tmp_path: Path) -> None:
    for name in ("train.py", ".DS_Store", "__pycache__/x.pyc", "x.pyo", ".venv/a.py", "sub/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    assert [path for path, _, _ in archive.read_tree(tmp_path)] == ["sub/b.py", "train.py"]
