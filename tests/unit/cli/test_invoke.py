"""What `invoke` sends and where the answers go. The endpoint is a function of this file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from cdk_sagemaker_mlops.cli import operation as operations
from cdk_sagemaker_mlops.cli.invoke import Asking, invoke
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.cli.prediction_file import require_other_file
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline
from cdk_sagemaker_mlops.errors import ValidationError

PIPELINE = DeployedPipeline(
    path="Churn/Mlops",
    stack="Churn",
    region="us-east-1",
    pipeline_name="churn",
    model_package_group_name="churn",
    endpoint_name="churn",
)


class Runtime:
    """Answers each row with its first field, as the content type that is wanted; ``x`` in a row is refused."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        rows = [row for row in request["Body"].decode().split() if row != "a,b"]
        if any("x" in row for row in rows):
            raise ClientError(
                {"Error": {"Code": "ModelError", "Message": "x is no number"}}, "InvokeEndpoint"
            )
        first = [row.split(",")[0] for row in rows]
        if request.get("Accept") == "text/csv":
            return self._answer("\n".join(first), "text/csv")
        return self._answer(json.dumps({"predictions": [int(each) for each in first]}), "application/json")

    def describe_endpoint(self, **_request: Any) -> dict[str, Any]:
        return {"EndpointStatus": "InService"}

    def _answer(self, text: str, content_type: str) -> dict[str, Any]:
        body = text.encode()
        return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": content_type}


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runtime:
    made = Runtime()
    monkeypatch.setattr(operations, "reach", lambda where: Account(lambda *_: made, region="us-east-1"))
    monkeypatch.setattr(operations.Operation, "pipeline", PIPELINE)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def ask(runtime: Runtime) -> Callable[..., int]:
    def run(file: str, **options: Any) -> int:
        given = {"content_type": None, "accept": None, "rows": 2, "header": None, "output": None, **options}
        json_too = given.pop("json", False)
        return invoke(Where(), Asking(file=file, **given), json=json_too, verbose=False)

    return run


def test_a_small_file_is_answered_on_standard_output(ask, runtime, capsys) -> None:
    Path("rows.csv").write_text("1,2\n3,4\n")
    assert ask("rows.csv") == 0
    captured = capsys.readouterr()
    assert captured.out == "1\n3\n"
    assert captured.err.startswith("[cdk-mlops] 2 rows in ")
    assert [(each["ContentType"], each["Body"]) for each in runtime.asked] == [("text/csv", b"1,2\n3,4\n")]


def test_a_large_file_is_answered_beside_it(ask, runtime, capsys) -> None:
    Path("rows.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    assert ask("rows.csv") == 0
    assert Path("rows.predictions.jsonl").read_text() == "1\n3\n5\n"
    assert capsys.readouterr().err.rstrip().endswith("predictions are in rows.predictions.jsonl")
    assert [each["Body"] for each in runtime.asked] == [b"a,b\n1,2\n3,4\n", b"a,b\n5,6\n"]


def test_rows_of_a_failed_request_stay_in_line(ask, capsys) -> None:
    Path("rows.csv").write_text("x,1\nx,2\n3,4\n5,6\nx,7\n")
    assert ask("rows.csv", accept="text/csv") == 1
    assert Path("rows.predictions.csv").read_text() == "\n\n3\n5\n\n"
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == (
        "RequestsFailed: 2 of 3 requests must be answered by the endpoint, got 'from row 1: x is no number; from"
        " row 5: x is no number'; send what the model's input_fn reads, with its --content-type, or correct the"
        " model"
    )


def test_where_nothing_comes_back_nothing_is_written(ask) -> None:
    Path("rows.csv").write_text("x\nx\nx\n")
    assert ask("rows.csv", header=False) == 1
    assert [path.name for path in Path().iterdir()] == ["rows.csv"]


def test_standard_input_is_answered_on_standard_output_and_in_json(ask, monkeypatch, capsys) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"1,2\n3,4\n5,6\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert ask("-", json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.pop("seconds") >= 0
    assert report == {
        "predictions": [1, 3, 5],
        "endpoint": "churn",
        "content_type": "text/csv",
        "rows": 3,
        "failed_rows": 0,
        "requests": 2,
        "errors": [],
        "output": None,
    }


def test_a_named_output_is_written_even_for_one_request(ask) -> None:
    Path("rows.csv").write_text("1,2\n")
    assert ask("rows.csv", output=Path("out.txt")) == 0
    assert Path("out.txt").read_text() == "1\n"


@pytest.mark.parametrize(
    ("file", "content", "text"),
    [
        ("none.csv", None, "NothingToSend: FILE must be a file that is not empty"),
        ("empty.csv", "", "NothingToSend: FILE must be a file that is not empty"),
        ("notes", "hello world\n", "UnknownContentType: --content-type must be given"),
    ],
)
def test_fails_as_wrong_usage_before_anything_is_sent(ask, runtime, capsys, file, content, text) -> None:
    if content is not None:
        Path(file).write_text(content)
    assert ask(file) == 2
    assert text in capsys.readouterr().err
    assert runtime.asked == []


def test_the_file_that_is_sent_is_not_written_over(ask, runtime, capsys) -> None:
    Path("rows.csv").write_text("1,2\n3,4\n")
    assert ask("rows.csv", output=Path("rows.csv")) == 2
    assert capsys.readouterr().err.startswith("OutputIsInput: --output must be another file")
    assert (Path("rows.csv").read_text(), runtime.asked) == ("1,2\n3,4\n", [])


def test_an_output_that_is_the_input_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    rows, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    rows.write_text("1,2")
    link.symlink_to(rows)
    for output in (rows, link, tmp_path / "." / "rows.csv"):
        with pytest.raises(ValidationError, match="OutputIsInput: --output must be another file"):
            require_other_file(str(rows), output)
    require_other_file(str(rows), tmp_path / "new.csv")
    require_other_file("-", rows)
    require_other_file(str(rows), None)
    assert rows.read_text() == "1,2"


def test_fails_in_words_when_there_is_no_endpoint(ask, runtime, monkeypatch, capsys) -> None:
    def missing(**_request: Any) -> None:
        error = {"Code": "ValidationError", "Message": "Endpoint churn of account 1 not found."}
        raise ClientError({"Error": error}, "InvokeEndpoint")

    monkeypatch.setattr(runtime, "invoke_endpoint", missing)
    Path("rows.csv").write_text("1\n")
    assert ask("rows.csv") == 1
    assert capsys.readouterr().err == (
        "NoEndpoint: endpoint churn must exist, got None; approve a version with cdk-mlops approve; cdk-mlops"
        " status tells more\n"
    )
