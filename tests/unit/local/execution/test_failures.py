from __future__ import annotations

from cdk_sagemaker_mlops.local.execution.failures import MAX_REASON, reason_text, reason_with_log


def test_keeps_as_many_last_lines_as_fit() -> None:
    log = "\n".join(f"line {number}" for number in range(1000))
    reason = reason_with_log("AlgorithmError: exit code: 3", log)
    assert reason.startswith("AlgorithmError: exit code: 3; last lines of its log:\nline ")
    assert reason.endswith("line 998\nline 999")
    assert MAX_REASON - 10 < len(reason) <= MAX_REASON


def test_keeps_the_end_of_one_long_line() -> None:
    reason = reason_with_log("AlgorithmError: exit code: 3", "x" * 5000 + "end")
    assert reason.endswith("xend")
    assert len(reason) == MAX_REASON


def test_says_nothing_of_an_empty_log() -> None:
    assert reason_with_log("AlgorithmError: exit code: 3", " \n") == "AlgorithmError: exit code: 3"


def test_cuts_a_long_text() -> None:
    assert reason_text("a" * 1024) == "a" * 1024
    assert reason_text("a" * 1025) == "a" * 1021 + "..."
    assert len(reason_with_log("a" * 2000, "log")) == MAX_REASON
