from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.execution.text_rewriting import rewrite_tree


def upper(tree: Path) -> None:
    rewrite_tree(tree, mention="here", replace=lambda text: text.replace("here", "THERE"))


def test_rewrites_text_files_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    file = tmp_path / "a" / "b" / "c.py"
    file.write_text("it is here, ü\n")
    upper(tmp_path)
    assert file.read_text() == "it is THERE, ü\n"


def test_rewrites_one_file(tmp_path: Path) -> None:
    file = tmp_path / "c.py"
    file.write_text("here")
    upper(file)
    assert file.read_text() == "THERE"


@pytest.mark.parametrize("content", [b"here\0", b"here\xff", b"elsewhe"], ids=["binary", "latin", "other"])
def test_leaves_other_files_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    upper(tmp_path)
    assert file.read_bytes() == content


def test_leaves_links_and_missing_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("here")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    upper(tmp_path / "tree")
    upper(tmp_path / "none")
    assert (tmp_path / "outside").read_text() == "here"


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w"])
def test_rewrites_members_of_archives(tmp_path: Path, mode: str) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "script.sh").write_text("here and here")
    (source / "sub" / "script.sh").chmod(0o755)
    (source / "data.bin").write_bytes(b"here\0")
    (source / "link").symlink_to("sub/script.sh")
    archive = tmp_path / "archive"
    with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload]
        tar.add(source, arcname=".")
    first_bytes = archive.read_bytes()[:2]
    upper(archive)
    assert archive.read_bytes()[:2] == first_bytes
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    assert (tmp_path / "out" / "link").read_text() == "THERE and THERE"
    assert (tmp_path / "out" / "sub" / "script.sh").stat().st_mode & 0o111
    assert (tmp_path / "out" / "data.bin").read_bytes() == b"here\0"


def test_leaves_an_archive_without_the_text_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("elsewhe")
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "a.txt", arcname="a.txt")
    before = archive.stat().st_mtime_ns, archive.read_bytes()
    upper(archive)
    assert (archive.stat().st_mtime_ns, archive.read_bytes()) == before
