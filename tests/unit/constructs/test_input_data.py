"""Input data: where it is, what its default becomes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_sagemaker_mlops.constructs import input_data
from cdk_sagemaker_mlops.definition import placeholders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "rows.csv").write_text("a,target\n1,0\n")
    return folder


def test_none_is_none() -> None:
    assert input_data.locate(None) == input_data.InputData()
    assert input_data.problem_of(None) is None


@pytest.mark.parametrize(
    "uri", ["s3://churn/2026", "s3://churn", "${Token[Data.1]}", "s3://${Token[Bucket.2]}/in"]
)
def test_what_is_in_s3_stays_there(uri: str) -> None:
    assert input_data.problem_of(uri) is None
    assert input_data.locate(uri) == input_data.InputData(default_uri=uri)


@pytest.mark.parametrize(
    "uri", ["s3:/churn", "s3://", "s3://C/in", "s3://a", "s3://churn_data/in", "s3://-churn"]
)
def test_fails_for_what_is_no_uri_of_a_bucket(uri: str) -> None:
    problem = input_data.problem_of(uri)

    assert problem is not None
    assert (problem.code, problem.value) == ("InvalidInputData", uri)


def test_a_folder_and_a_file_are_deployed_under_their_content(folder: Path) -> None:
    whole, file = input_data.locate(folder), input_data.locate(str(folder / "2026" / "rows.csv"))

    for located, path in ((whole, folder), (file, folder / "2026" / "rows.csv")):
        ((source, key_prefix),) = located.to_deploy
        assert source == path
        assert located.default_uri == f"s3://{placeholders.BUCKET}/{key_prefix}"
        assert key_prefix.startswith("input-data/")
        assert len(key_prefix.rpartition("/")[2]) == 64
    assert whole.default_uri != file.default_uri


def test_the_key_follows_names_and_content_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    rows = folder / "2026" / "rows.csv"
    first = input_data.locate(folder).default_uri
    rows.touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"1")
    folder.rename(tmp_path / "moved")
    assert input_data.locate(tmp_path / "moved").default_uri == first

    (tmp_path / "moved" / "2026" / "rows.csv").write_text("a,target\n2,0\n")
    changed = input_data.locate(tmp_path / "moved").default_uri
    (tmp_path / "moved" / "2026").rename(tmp_path / "moved" / "2027")
    renamed = input_data.locate(tmp_path / "moved").default_uri

    assert len({first, changed, renamed}) == 3


def test_where_one_file_ends_and_the_next_begins_counts(tmp_path: Path) -> None:
    for name, files in {
        "one": {"a": "1", "b": "2"},
        "other": {"a": "1b", "": ""},
        "third": {"ab": "12"},
    }.items():
        (tmp_path / name).mkdir()
        for file, content in files.items():
            if file:
                (tmp_path / name / file).write_text(content)

    assert len({input_data.locate(tmp_path / name).default_uri for name in ("one", "other", "third")}) == 3


def test_fails_for_what_is_missing_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty"):
        problem = input_data.problem_of(path)
        assert problem is not None
        assert (problem.code, problem.value) == ("InputDataNotFound", str(path))
