"""Approve, reject and roll back: what is shown, asked and decided. Registry and endpoint are kept in memory."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_mlops.cli import decisions
from cdk_sagemaker_mlops.cli import operation as operations
from cdk_sagemaker_mlops.cli.decisions import DecisionOptions, approve, reject, rollback
from cdk_sagemaker_mlops.cli.place import Where
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.endpoint_details import EndpointDetails
from cdk_sagemaker_mlops.deployed.model_registry import RegisteredModel
from cdk_sagemaker_mlops.deployed.outcomes import Outcome
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PIPELINE = DeployedPipeline(
    path="Churn/Mlops",
    stack="Churn",
    region="us-east-1",
    pipeline_name="churn",
    model_package_group_name="churn",
    endpoint_name="churn",
)
ASKED = DecisionOptions(reason=None, yes=False, wait=False, timeout_minutes=1)
SURE = replace(ASKED, yes=True)


def model(version: int, status: str) -> RegisteredModel:
    metrics = {"accuracy": {"value": 0.9 + version / 100}}
    return RegisteredModel(arn=f"arn/{version}", version=version, approval_status=status, metrics=metrics)


class Registry:
    """A group whose deployer acts at once: the highest approved version that does not fail is served."""

    def __init__(self, *models: RegisteredModel, failing: int | None = None) -> None:
        self.models = {each.version: each for each in models}
        self.failing = failing
        self.decisions: list[tuple[int, str, str]] = []
        self.served = 0
        self.deploy()

    def latest(self, count: int) -> tuple[RegisteredModel, ...]:
        return tuple(sorted(self.models.values(), key=lambda each: -each.version))[:count]

    def version(self, number: int) -> RegisteredModel:
        return self.models[number]

    def decide(self, model: RegisteredModel, decision: str, *, reason: str) -> None:
        self.decisions.append((model.version, decision, reason))
        self.models[model.version] = replace(self.models[model.version], approval_status=decision)
        self.deploy()

    def deploy(self) -> None:
        self.served = 0
        for each in sorted(self.models.values(), key=lambda each: -each.version):
            if each.approval_status != "Approved":
                continue
            works = each.version != self.failing
            self.note(each, "deployed" if works else "failed")
            if works:
                self.served = each.version
                return

    def note(self, each: RegisteredModel, status: str) -> None:
        reason = "smoke test" if status == "failed" else None
        text = f"{status} at={len(self.decisions)}"
        outcome = Outcome(account="1", region="r", endpoint="churn", status=status, text=text, reason=reason)
        self.models[each.version] = replace(each, outcomes=(outcome,))

    def endpoint(self) -> EndpointDetails | None:
        if self.served == 0:
            return None
        return EndpointDetails(
            name="churn", status="InService", version=self.served, config="c", since=NOW, kind="serverless"
        )


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry(model(1, "Approved"), model(2, "Approved"), model(3, "PendingManualApproval"))
    use(monkeypatch, made)
    return made


def use(monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    monkeypatch.setattr(operations.Operation, "registry", registry)
    monkeypatch.setattr(operations.Operation, "pipeline", PIPELINE)
    monkeypatch.setattr(operations, "reach", lambda where: Account(lambda *_: None, region="us-east-1"))
    monkeypatch.setattr(decisions, "live_endpoint", lambda operation: registry.endpoint())


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(text))


def test_it_asks_with_the_metrics_against_the_live_version_s(registry, monkeypatch, capsys) -> None:
    answers(monkeypatch, "y\n")
    assert approve(Where(), 3, ASKED, json=False, verbose=False) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "METRIC    VERSION 2 (live)  VERSION 3  DIFFERENCE",
        "accuracy  0.92              0.93       +0.01",
        "Version 3 is Approved.",
    ]
    assert captured.err == "Approve version 3 (PendingManualApproval)? [y/N] "
    assert registry.decisions == [(3, "Approved", "Approved with cdk-mlops")]


@pytest.mark.parametrize("text", ["n\n", "\n", ""])
def test_fails_when_the_answer_is_not_yes(registry, monkeypatch, capsys, text) -> None:
    answers(monkeypatch, text)
    assert approve(Where(), 3, ASKED, json=False, verbose=False) == 1
    assert "NotConfirmed: answer must be yes for anything to change" in capsys.readouterr().err
    assert registry.decisions == []


def test_fails_as_wrong_usage_when_nobody_is_there_to_ask(registry, monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert approve(Where(), 3, ASKED, json=False, verbose=False) == 2
    assert capsys.readouterr().err == (
        "NobodyToAsk: --yes must be given where there is no terminal to ask at, got False; look at cdk-mlops"
        " versions, then add --yes\n"
    )
    assert registry.decisions == []


def test_waiting_ends_with_the_judgement(registry, capsys) -> None:
    options = replace(SURE, wait=True, reason="better")
    assert approve(Where(), 3, options, json=True, verbose=False) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rollout"] == {"verdict": "Served", "text": "Version 3 is served."}
    assert told["endpoint"] == {"name": "churn", "version": 3}
    assert registry.decisions == [(3, "Approved", "better")]


def test_fails_when_the_deployer_refuses_the_version(monkeypatch, capsys) -> None:
    registry = Registry(model(1, "Approved"), model(2, "PendingManualApproval"), failing=2)
    use(monkeypatch, registry)
    assert approve(Where(), 2, replace(SURE, wait=True), json=False, verbose=False) == 1
    assert (
        "RolloutFailed: version 2 must be served, got 'Version 2 failed: smoke test.'; see cdk-mlops status"
        in capsys.readouterr().err
    )
    # Approving anew is a new try, with a note of its own.
    assert approve(Where(), 2, replace(SURE, wait=True), json=False, verbose=False) == 1


def test_rejecting_the_live_version_follows_the_one_before(registry, capsys) -> None:
    assert reject(Where(), 2, replace(SURE, wait=True, reason="drifts"), json=False, verbose=False) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == ["Version 2 is Rejected.", "Version 1 is served."]
    assert "Version 2 is live: version 1 will return." in captured.err
    assert registry.decisions == [(2, "Rejected", "drifts")]


def test_rejecting_another_version_changes_nothing_that_could_be_waited_for(registry, capsys) -> None:
    assert reject(Where(), 3, replace(SURE, wait=True), json=False, verbose=False) == 0
    assert capsys.readouterr().out == "Version 3 is Rejected.\n"


def test_the_last_approved_version_can_be_rejected_but_not_rolled_back(monkeypatch, capsys) -> None:
    registry = Registry(model(1, "Approved"))
    use(monkeypatch, registry)
    assert rollback(Where(), SURE, json=False, verbose=False) == 1
    assert "NothingToReturnTo: churn must hold another approved version than 1" in capsys.readouterr().err
    assert reject(Where(), 1, SURE, json=False, verbose=False) == 0
    assert "no other version is approved to take its place" in capsys.readouterr().err
    assert rollback(Where(), SURE, json=False, verbose=False) == 1
    assert "NothingLive: endpoint churn must serve a version" in capsys.readouterr().err


def test_a_rollback_rejects_the_live_version_and_waits(registry, capsys) -> None:
    assert rollback(Where(), SURE, json=False, verbose=False) == 0
    assert capsys.readouterr().out.splitlines() == ["Version 2 is Rejected.", "Version 1 is served."]


def test_a_version_that_failed_is_not_what_a_rollback_returns_to(monkeypatch, capsys: Any) -> None:
    registry = Registry(model(1, "Approved"), model(2, "Approved"), model(3, "Approved"), failing=2)
    use(monkeypatch, registry)
    registry.note(registry.models[2], "failed")
    assert rollback(Where(), SURE, json=False, verbose=False) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Version 1 is served."
