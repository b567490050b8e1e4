"""`graph` and `report`: what is read from AWS, written and printed, and every way to fail."""

from __future__ import annotations

import io
import json
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from click.testing import Result
from typer.testing import CliRunner

from cdk_sagemaker_mlops.cli import operation as operations
from cdk_sagemaker_mlops.cli.commands import cdk_mlops
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

HERE = "arn:aws:sagemaker:us-east-1:000000000000"
PIPELINE_ARN = f"{HERE}:pipeline/churn"
EXECUTION_ARN = f"{PIPELINE_ARN}/execution/abc123def456"
PACKAGE_ARN = f"{HERE}:model-package/churn/4"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
DEFINITION = json.dumps(
    {
        "Steps": [{"Name": "Train", "Type": "Lambda"}, {"Name": "Tell", "Type": "Lambda", "DependsOn": ["Train"]}],
        "Parameters": [{"Name": "Depth", "Type": "Integer", "DefaultValue": 3}],
    }
)  # fmt: skip


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Stubber]:
    """Stubbed clients of an account with one stack."""
    options = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    stubs = {name: Stubber(boto3.client(name, **options)) for name in ("sagemaker", "s3", "cloudformation")}  # type: ignore[call-overload]
    for stub in stubs.values():
        stub.activate()
    pipeline = DeployedPipeline(
        path="Churn/Mlops",
        stack="Churn",
        region="us-east-1",
        pipeline_name="churn",
        model_package_group_name="churn",
    )
    account = Account(lambda service, region: stubs[service].client, region="us-east-1")
    monkeypatch.setattr(operations, "reach", lambda where: account)
    monkeypatch.setattr(operations, "find_pipeline", lambda *args, **kwargs: pipeline)
    monkeypatch.setenv("CDK_MLOPS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return stubs


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cdk_mlops, arguments)


def described(stub: Stubber) -> None:
    body = {"PipelineArn": PIPELINE_ARN, "PipelineName": "churn", "PipelineDefinition": DEFINITION}
    stub.add_response("describe_pipeline", body, {"PipelineName": "churn"})


def executed(stub: Stubber, status: str = "Executing") -> None:
    of_it = {"PipelineExecutionArn": EXECUTION_ARN}
    stub.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": status, **of_it}, of_it)
    step = {
        "StepName": "Train",
        "StepStatus": "Succeeded",
        "StartTime": NOW,
        "EndTime": NOW + timedelta(seconds=65),
    }
    asked = {"SortOrder": "Ascending", **of_it}
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [step]}, asked)
    ran = DEFINITION.replace("Tell", "TellAsBefore")
    stub.add_response("describe_pipeline_definition_for_execution", {"PipelineDefinition": ran}, of_it)
    page = {"PipelineParameters": [], "NextToken": "next"}
    stub.add_response("list_pipeline_parameters_for_execution", page, of_it)
    page = {"PipelineParameters": [{"Name": "Depth", "Value": "9"}]}
    stub.add_response("list_pipeline_parameters_for_execution", page, {"NextToken": "next", **of_it})


def newest(stub: Stubber, *arns: str) -> None:
    body = {"PipelineExecutionSummaries": [{"PipelineExecutionArn": arn} for arn in arns]}
    asked = {"PipelineName": "churn", "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}
    stub.add_response("list_pipeline_executions", body, asked)


def test_graph_draws_what_is_deployed_in_the_terminal(aws: dict[str, Stubber]) -> None:
    described(aws["sagemaker"])
    result = run("graph")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "churn\n\nTrain  Lambda\nTell   Lambda  after Train\n\nParameters\n  Depth  3\n"


def test_graph_writes_the_pictures_it_is_asked_for(aws: dict[str, Stubber], tmp_path: Path) -> None:
    described(aws["sagemaker"])
    result = run("graph", "--svg", "new/churn.svg", "--png", "churn.png")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        f"[cdk-mlops] Drew churn: {tmp_path / 'new' / 'churn.svg'}\n[cdk-mlops] Drew churn: {tmp_path / 'churn.png'}\n"
    )
    assert (tmp_path / "new" / "churn.svg").read_text().startswith("<svg ")
    assert (tmp_path / "churn.png").read_bytes().startswith(b"\x89PNG")


def test_graph_prints_mermaid(aws: dict[str, Stubber]) -> None:
    described(aws["sagemaker"])
    result = run("graph", "--mermaid")

    assert result.stdout.startswith('flowchart TD\n    s0["Train<br/>Lambda"]\n')


@pytest.mark.parametrize("execution", ["latest", EXECUTION_ARN, "abc123def456"])
def test_graph_shows_an_execution_with_what_it_ran(aws: dict[str, Stubber], execution: str) -> None:
    if execution == "latest":
        newest(aws["sagemaker"], EXECUTION_ARN)
    elif execution != EXECUTION_ARN:
        described(aws["sagemaker"])
    executed(aws["sagemaker"])
    result = run("graph", "--execution", execution)

    assert result.stdout.splitlines() == [
        "churn",
        "execution abc123def456: executing",
        "",
        "Train         ✓ succeeded, 1 min 5 s    Lambda",
        "TellAsBefore  · not run                 Lambda  after Train",
        "",
        "Parameters",
        "  Depth  9",
    ]


def test_graph_as_json(aws: dict[str, Stubber], tmp_path: Path) -> None:
    newest(aws["sagemaker"], EXECUTION_ARN)
    executed(aws["sagemaker"], "Stopping")
    shown = json.loads(run("graph", "--execution", "latest", "--mermaid", "--svg", "c.svg", "--json").stdout)

    assert list(shown) == ["pipeline", "steps", "edges", "parameters", "execution", "files", "mermaid"]
    assert shown["steps"][0] == {
        "name": "Train",
        "type": "Lambda",
        "detail": "",
        "branch": None,
        "run": {"status": "Succeeded", "seconds": 65.0, "cached": False},
    }
    assert shown["edges"] == [{"source": "Train", "target": "TellAsBefore", "kind": "after"}]
    assert shown["parameters"] == [{"name": "Depth", "type": "Integer", "value": "9"}]
    assert shown["execution"] == {"arn": EXECUTION_ARN, "status": "Stopping"}
    assert shown["files"] == [str(tmp_path / "c.svg")]


def test_graph_of_a_synthesised_app_calls_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdk.out").mkdir()
    resources = {
        name: {
            "Type": "AWS::SageMaker::Pipeline",
            "Properties": {
                "PipelineName": name,
                "PipelineDefinition": {"PipelineDefinitionBody": DEFINITION},
            },
        }
        for name in ("one", "two")
    }
    (tmp_path / "cdk.out" / "S.template.json").write_text(json.dumps({"Resources": resources}))

    assert run("graph", "--app", ".", "--pipeline", "two").stdout.startswith("two\n\nTrain  Lambda\n")
    result = run("graph", "--app", ".")
    assert (result.exit_code, result.stderr) == (
        2,
        "WhichPipeline: --pipeline must be one of 'one', 'two', got None; name one of them\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--pipeline", "x"],
            2,
            "WrongOptions: --pipeline must be used with --app, got 'x'; add --app, or use --stack\n",
        ),
        (
            ["--app", ".", "--execution", "latest"],
            2,
            "WrongOptions: --execution must be left out with --app, got 'latest'; leave out --app to draw what is"
            " deployed\n",
        ),
        (
            ["--app", "."],
            2,
            "NoAssembly: --app must be a folder with a cdk.out, or a cloud assembly, got '.'; run 'cdk synth' in"
            " the app's folder first\n",
        ),
    ],
)
def test_graph_fails_on_wrong_options(
    aws: dict[str, Stubber], arguments: list[str], code: int, message: str
) -> None:
    result = run("graph", *arguments)

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", message)


def test_graph_fails_when_the_pipeline_was_never_started(aws: dict[str, Stubber]) -> None:
    newest(aws["sagemaker"])
    result = run("graph", "--execution", "latest")

    assert (result.exit_code, result.stderr) == (
        1,
        "NoExecution: --execution must be of a pipeline that has been started, got 'churn'; start it with"
        " cdk-mlops start\n",
    )


def test_graph_fails_on_an_execution_that_there_is_not(aws: dict[str, Stubber]) -> None:
    aws["sagemaker"].add_client_error("describe_pipeline_execution", "ResourceNotFound", "no")
    result = run("graph", "--execution", EXECUTION_ARN)

    assert result.exit_code == 2
    assert result.stderr.startswith(
        "NoSuchExecution: --execution must be an execution of pipeline churn, got "
    )


def test_graph_fails_when_the_picture_cannot_be_written(aws: dict[str, Stubber], tmp_path: Path) -> None:
    described(aws["sagemaker"])
    result = run("graph", "--svg", str(tmp_path))

    assert (result.exit_code, result.stderr) == (
        1,
        f"CannotWrite: --svg must be a file that can be written, got {str(tmp_path)!r}; name another (Is a directory)\n",
    )


def registered(stub: Stubber, properties: dict[str, str] | None) -> None:
    group = {
        "ModelPackageGroupName": "churn",
        "ModelPackageGroupArn": f"{HERE}:model-package-group/churn",
        "CreationTime": NOW,
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
    }
    stub.add_response("describe_model_package_group", group, {"ModelPackageGroupName": "churn"})
    package: dict[str, Any] = {
        "ModelPackageName": "churn",
        "ModelPackageArn": PACKAGE_ARN,
        "ModelPackageVersion": 4,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "Approved",
        "CreationTime": NOW,
    }
    if properties is not None:
        package["CustomerMetadataProperties"] = properties
    for _ in range(2):
        stub.add_response("describe_model_package", package, {"ModelPackageName": PACKAGE_ARN})


def stored(stub: Stubber) -> None:
    page = b"<!DOCTYPE html>"
    body = {"Body": StreamingBody(io.BytesIO(page), len(page))}
    stub.add_response("get_object", body, {"Bucket": "models", "Key": "churn/report.html"})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is opened in the browser."""
    urls: list[str] = []

    def open_it(url: str) -> bool:
        urls.append(url)
        return len(urls) == 1

    monkeypatch.setattr(webbrowser, "open", open_it)
    return urls


REPORT = {"EvaluationReport": "s3://models/churn/report.html"}


def test_report_is_fetched_and_opened(aws: dict[str, Stubber], opened: list[str], tmp_path: Path) -> None:
    path = tmp_path / "cache" / "reports" / "churn" / "version-4.html"
    for note in ("", "[cdk-mlops] No browser was found: open the file yourself.\n"):
        registered(aws["sagemaker"], REPORT)
        stored(aws["s3"])
        result = run("report", "4")
        assert (result.exit_code, result.stderr) == (0, note)
        assert result.stdout == f"Report of version 4: {path}\n"
    assert path.read_text() == "<!DOCTYPE html>"
    assert opened == [path.as_uri()] * 2


@pytest.mark.parametrize("arguments", [["--no-open"], ["--json"]])
def test_report_is_written_where_it_is_asked_for(
    aws: dict[str, Stubber], opened: list[str], tmp_path: Path, arguments: list[str]
) -> None:
    registered(aws["sagemaker"], REPORT)
    stored(aws["s3"])
    result = run("report", "4", "--output", "new/r.html", *arguments)

    assert opened == []
    assert (tmp_path / "new" / "r.html").is_file()
    if "--json" in arguments:
        assert json.loads(result.stdout) == {
            "version": 4,
            "model_package_arn": PACKAGE_ARN,
            "path": str(tmp_path / "new" / "r.html"),
            "s3_uri": "s3://models/churn/report.html",
        }


@pytest.mark.parametrize("properties", [None, {"EvaluationReport": "report.html"}])
def test_report_fails_when_none_is_registered(
    aws: dict[str, Stubber], properties: dict[str, str] | None
) -> None:
    registered(aws["sagemaker"], properties)
    result = run("report", "4")
    given = "" if properties is None else "report.html"

    assert (result.exit_code, result.stderr) == (
        1,
        f"NoReport: the model package must have EvaluationReport in CustomerMetadataProperties, got {given!r};"
        f" register it with the standard pipeline, or with that property of your own (at {PACKAGE_ARN})\n",
    )


def test_report_fails_when_the_evaluation_wrote_none(aws: dict[str, Stubber]) -> None:
    registered(aws["sagemaker"], REPORT)
    aws["s3"].add_client_error("get_object", "NoSuchKey", "no")
    result = run("report", "4")

    assert (result.exit_code, result.stderr) == (
        1,
        "ReportNotFound: the model package must have its report in S3, got 's3://models/churn/report.html';"
        f" let the evaluation script write it, or set Evaluation(report_file=None) (at {PACKAGE_ARN})\n",
    )


def test_report_fails_when_it_may_not_be_read(aws: dict[str, Stubber]) -> None:
    registered(aws["sagemaker"], REPORT)
    aws["s3"].add_client_error("get_object", "AccessDenied", "no")
    result = run("report", "4")

    assert result.exit_code == 1
    assert "AccessDenied" in result.stderr
