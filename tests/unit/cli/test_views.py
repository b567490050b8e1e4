"""What status, versions and logs show: values in, text out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.text import Text

from cdk_sagemaker_mlops.cli.cleanup import leftovers_table
from cdk_sagemaker_mlops.cli.decisions import look_text
from cdk_sagemaker_mlops.cli.logs import log_texts
from cdk_sagemaker_mlops.cli.metrics import compared
from cdk_sagemaker_mlops.cli.screen import moment, plain, show
from cdk_sagemaker_mlops.cli.status import Status, status_json, status_view
from cdk_sagemaker_mlops.cli.versions import versions_table
from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails, Rollout
from cdk_sagemaker_mlops.deployed.health import Alarm
from cdk_sagemaker_mlops.deployed.leftovers import Leftover
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.outcomes import Outcome
from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionSummary
from cdk_sagemaker_mlops.deployed.rollout import Look
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline
from cdk_sagemaker_mlops.deployed.step_logs import LogSource, StepLog

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 12, tzinfo=UTC)
PIPELINE = DeployedPipeline(
    path="Churn/Mlops",
    stack="Churn",
    region="us-east-1",
    pipeline_name="churn-pipeline",
    model_package_group_name="churn-models",
    endpoint_name="churn",
)


def outcome(
    status: str, *, at: datetime | None = None, endpoint: str = "churn", reason: str | None = None
) -> Outcome:
    return Outcome(
        account="1", region="us-east-1", endpoint=endpoint, status=status, text=status, at=at, reason=reason
    )


OLD = RegisteredModel(
    arn="arn/1",
    version=1,
    approval_status="Approved",
    metrics={"accuracy": {"value": 0.9}, "auc": {"value": 0.75}},
    created=NOW,
    outcomes=(outcome("deployed", at=NOW), outcome("deployed", endpoint="churn-eu")),
)
NEW = RegisteredModel(
    arn="arn/2",
    version=2,
    approval_status="Approved",
    metrics={"accuracy": {"value": 0.95, "standard_deviation": 0.01}, "f1": {"value": 0.8}},
    created=LATER,
    outcomes=(outcome("failed", reason="smoke test: got 3"),),
)
ENDPOINT = EndpointDetails(
    name="churn",
    status="Updating",
    version=1,
    config="c1",
    since=LATER,
    kind="real-time",
    rollout=Rollout(
        version=2, config="c2", started=LATER, strategy="canary of 10 %", progress=("AllTraffic: Baking",)
    ),
    failure_reason="could not load",
)
SEEN = Status(
    pipeline=PIPELINE,
    executions=(
        ExecutionSummary(arn="arn/execution/abc", status="Succeeded", started=NOW, name="execution-1"),
    ),
    versions=(NEW, OLD),
    endpoint=ENDPOINT,
    alarms=(
        Alarm(name="errors", state="ALARM", since=NOW, reason="5 > 1"),
        Alarm(name="letters", state="OK"),
    ),
    dead_letters=2,
)


def shown(capsys: pytest.CaptureFixture[str], *renderables: Any) -> list[str]:
    show(*renderables)
    return capsys.readouterr().out.splitlines()


def test_status_tells_everything_in_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    now, later = moment(NOW), moment(LATER)
    assert shown(capsys, *status_view(SEEN)) == [
        "Pipeline     churn-pipeline  (stack Churn, us-east-1)",
        "  EXECUTION  STATUS     STARTED",
        f"  abc        Succeeded  {now}",
        "",
        "Registry     churn-models",
        "  VERSION  APPROVAL  accuracy     f1   auc   DEPLOYED ON             OUTCOME                    REGISTERED",
        f"  2        Approved  0.95 ± 0.01  0.8  -     churn                   failed: smoke test: got 3  {later}",
        f"  1        Approved  0.9          -    0.75  churn (live), churn-eu  deployed; deployed         {now}",
        "",
        "Endpoint     churn, Updating, real-time",
        f"  serves version 1 since {now}",
        "  last failure: could not load",
        f"  rolling out version 2 since {later}: canary of 10 %",
        "    AllTraffic: Baking",
        "",
        "Alarms       2, 1 ringing",
        f"  ALARM errors since {now}: 5 > 1",
        "Dead letters 2: the deployer kept failing; see its function's log",
    ]


def test_status_of_a_new_stack_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    new = Status(pipeline=PIPELINE, executions=(), versions=(), endpoint=None, alarms=(), dead_letters=None)
    assert shown(capsys, *status_view(new)) == [
        "Pipeline     churn-pipeline  (stack Churn, us-east-1)",
        "  never started: cdk-mlops start",
        "",
        "Registry     churn-models",
        "  no versions yet",
        "",
        "Endpoint     churn does not exist: nothing is approved",
        "",
        "Alarms       none",
    ]


def test_status_in_json_is_plain() -> None:
    told = plain(status_json(SEEN))
    assert told["pipeline"]["path"] == "Churn/Mlops"
    assert told["executions"][0]["started"] == "2026-11-01T12:00:00+00:00"
    assert [each["live"] for each in told["versions"]] == [False, True]
    assert told["endpoint"]["rollout"]["progress"] == ["AllTraffic: Baking"]
    assert told["endpoint"]["served_since"] == "2026-11-01T12:00:00+00:00"
    assert (told["alarms"][0]["state"], told["dead_letters"]) == ("ALARM", 2)


def test_metrics_of_two_versions_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, compared(OLD, NEW, headings=("VERSION 1 (live)", "VERSION 2"))) == [
        "METRIC    VERSION 1 (live)  VERSION 2    DIFFERENCE",
        "accuracy  0.9               0.95 ± 0.01  +0.05",
        "auc       0.75              -            -",
        "f1        -                 0.8          -",
    ]


def test_a_version_that_is_nowhere_has_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    bare = RegisteredModel(arn="arn/3", version=3, approval_status="PendingManualApproval")
    assert shown(capsys, versions_table([bare], None)) == [
        "VERSION  APPROVAL               DEPLOYED ON  OUTCOME  REGISTERED",
        "3        PendingManualApproval  -            -        -",
    ]


def test_logs_are_shown_as_they_are_under_their_step_s_name(capsys: pytest.CaptureFixture[str]) -> None:
    source = LogSource(group="/aws/sagemaker/TrainingJobs", prefix="job/")
    log = StepLog(step="Train", source=source, lines=("[bold]not markup[/]", "\x1b[31mred\x1b[0m"))
    assert shown(capsys, *log_texts(log, asked_for=False)) == ["==> Train <==", "[bold]not markup[/]", "red"]
    assert shown(capsys, *log_texts(log, asked_for=True)) == ["[bold]not markup[/]", "red"]


def test_a_step_without_a_log_says_so_where_it_is_asked_for() -> None:
    source = LogSource(group="/aws/sagemaker/TrainingJobs", prefix="job/")
    assert log_texts(StepLog(step="Gate"), asked_for=False) == []
    assert log_texts(StepLog(step="Gate"), asked_for=True) == [
        Text("Step Gate runs no job, so it has no log.")
    ]
    assert log_texts(StepLog(step="Train", source=source), asked_for=True) == [
        Text("Step Train has no log yet in /aws/sagemaker/TrainingJobs.")
    ]


def test_a_rollout_is_one_line() -> None:
    assert look_text(Look(endpoint=None, model=NEW)) == "no endpoint yet"
    assert look_text(Look(endpoint=ENDPOINT, model=NEW)) == (
        "Updating to version 2, canary of 10 %; AllTraffic: Baking"
    )


def test_leftovers_say_what_is_in_them_and_who_uses_them(capsys: pytest.CaptureFixture[str]) -> None:
    bucket = Leftover(
        kind="bucket", name="b", stack="Churn", content="2 objects", deleted=NOW, used_by="New/Mlops"
    )
    assert shown(capsys, leftovers_table([bucket])) == [
        "KIND    NAME  CONTENT    LEFT BY  DELETED              IN USE BY",
        f"bucket  b     2 objects  Churn    {moment(NOW)}  New/Mlops",
    ]
