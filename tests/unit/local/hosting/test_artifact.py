from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from cdk_sagemaker_mlops.local.hosting.artifact import ArtifactError, code_location, unpack


def archive(path: Path, name: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    return path


def test_unpacks_into_an_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "old").touch()
    unpack(archive(tmp_path / "model.tar.gz", "code/inference.py"), folder)
    assert [str(p.relative_to(folder)) for p in sorted(folder.rglob("*"))] == ["code", "code/inference.py"]


@pytest.fixture(params=["filters", "no filters"])
def _any_python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "no filters":  # Python before 3.11.4
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


@pytest.mark.usefixtures("_any_python")
def test_unpacks_on_any_python(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    unpack(archive(tmp_path / "model.tar.gz", "code/inference.py"), folder)
    assert (folder / "code" / "inference.py").is_file()


@pytest.mark.usefixtures("_any_python")
def test_fails_when_a_member_would_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"outside the destination"):
        unpack(archive(tmp_path / "model.tar.gz", "../escaped"), tmp_path / "model")
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"\x1f\x8b\x08\x00cut"])
def test_fails_when_it_is_no_archive(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.tar.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        unpack(path, tmp_path / "model")
    text = str(caught.value)
    assert text.startswith("the model artifact must be a gzip-compressed tar archive, got model.tar.gz (")
    assert text.endswith("); register the model.tar.gz of a training job")


def test_finds_the_code_in_the_environment() -> None:
    environment = {"SAGEMAKER_PROGRAM": "p.py", "SAGEMAKER_SUBMIT_DIRECTORY": "file:///opt/ml/model/code"}
    assert code_location(environment) == ("p.py", "/opt/ml/model/code")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"A": "1"},
            "the model's environment must hold SAGEMAKER_PROGRAM, got ['A']; register the model package with "
            "SAGEMAKER_PROGRAM=inference.py",
        ),
        (
            {"SAGEMAKER_PROGRAM": "inference.py"},
            "the model's environment must hold SAGEMAKER_SUBMIT_DIRECTORY, got ['SAGEMAKER_PROGRAM']; "
            "register the model package with SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code",
        ),
        (
            {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/code.tar.gz"},
            "SAGEMAKER_SUBMIT_DIRECTORY must be inside the artifact, got 's3://b/code.tar.gz', because "
            "other code is not fetched locally; put the code into the artifact and use "
            "/opt/ml/model/code",
        ),
    ],
    ids=["program", "folder", "S3"],
)
def test_fails_when_the_code_is_not_in_the_artifact(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        code_location(environment)
    assert str(caught.value) == message
