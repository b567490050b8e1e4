"""Stages, timed and announced."""

from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.progress import (
    Detail,
    Event,
    Note,
    StageFinished,
    Stages,
    StageStarted,
    StepChanged,
    event_text,
)


def failing_stage(stages: Stages) -> None:
    with stages.stage("engine", "Start"):
        raise RuntimeError


def test_a_stage_is_announced_timed_and_recorded() -> None:
    told: list[Event] = []
    ticks = iter([10.0, 12.5])
    stages = Stages(tell=told.append, clock=lambda: next(ticks))
    with stages.stage("deploy", "Deploy Churn"):
        stages.detail("1/5")
        stages.note("two pipelines")
    assert told == [
        StageStarted(name="deploy", title="Deploy Churn"),
        Detail(text="1/5"),
        Note(text="two pipelines"),
        StageFinished(name="deploy", title="Deploy Churn", seconds=2.5, succeeded=True),
    ]
    assert stages.seconds == {"deploy": 2.5}


def test_a_stage_that_fails_is_timed_too() -> None:
    told: list[Event] = []
    stages = Stages(tell=told.append, clock=lambda: 1.0)
    with pytest.raises(RuntimeError):
        failing_stage(stages)
    assert told[-1] == StageFinished(name="engine", title="Start", seconds=0.0, succeeded=False)
    assert stages.seconds == {"engine": 0.0}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (StageStarted(name="deploy", title="Deploy Churn"), "Deploy Churn"),
        (StageFinished(name="deploy", title="Deploy", seconds=2.5, succeeded=True), "Deploy: done in 2.5 s"),
        (
            StageFinished(name="deploy", title="Deploy", seconds=2.5, succeeded=False),
            "Deploy: did not finish in 2.5 s",
        ),
        (StepChanged(name="Train", status="Executing"), "Step Train: Executing"),
        (StepChanged(name="Train", status="Succeeded", seconds=2.0), "Step Train: Succeeded in 2.0 s"),
        (Note(text="two pipelines"), "two pipelines"),
        (Detail(text="1/5"), None),
    ],
)
def test_an_event_is_worded_for_a_log(event: Event, text: str | None) -> None:
    assert event_text(event) == text
