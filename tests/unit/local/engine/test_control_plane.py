from __future__ import annotations

import threading
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.control_plane import on_a_thread
from cdk_sagemaker_mlops.local.engine.operations import OPERATIONS


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "CreateMonitoringSchedule", "Nonsense", ""])
def test_fails_by_name_when_an_operation_is_not_emulated(bench: Any, operation: str) -> None:
    assert bench.refusal(operation) == f"UnknownOperationException: {operation} is not emulated"


def test_every_emulated_operation_is_one_of_sagemaker_s() -> None:
    assert set(OPERATIONS) <= set(shapes.service_model().operation_names)


def test_background_work_runs_on_a_thread_of_its_own() -> None:
    ran: list[int] = []
    done = threading.Event()

    def work() -> None:
        ran.append(threading.get_ident())
        done.set()

    on_a_thread(work)

    assert done.wait(5)
    assert ran != [threading.get_ident()]


def test_background_work_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())

    on_a_thread(lambda: int("none"))

    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert "background work failed" in caplog.text
    assert "ValueError" in caplog.text
