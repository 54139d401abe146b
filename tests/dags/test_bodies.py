"""What the tasks make of the answers of etl.steps: what they hand on, when they skip, when they fail."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("case", "calls"),
    [
        ("process", [["process_batch", 1]]),
        ("issue", [["open_period", "a", "2024Q1"]]),
        ("compute", [["attain", "a", "2024Q1"]]),
        ("write", [["report", "a", "2024Q1", "quarter"]]),
        ("write annual", [["report", "a", "2024", "year"]]),
    ],
)
def test_a_task_is_one_call_with_its_runs_key(bodies: dict[str, Any], case: str, calls: list[Any]) -> None:
    assert bodies[case]["calls"] == calls
    assert "gave" in bodies[case]


def test_receive_hands_on_batches_not_files(bodies: dict[str, Any]) -> None:
    assert bodies["receive"]["gave"] == [0, 1]


def test_each_touched_period_is_announced_once(bodies: dict[str, Any]) -> None:
    assert bodies["announce two"]["keys"] == ["2024Q1", "2024Q2"]
    assert bodies["opens"]["keys"] == ["2024Q1"]


@pytest.mark.parametrize("case", ["announce none", "opens nothing"])
def test_nothing_is_announced_when_nothing_changed(bodies: dict[str, Any], case: str) -> None:
    assert bodies[case]["stopped"] == "AirflowSkipException"
    assert bodies[case]["keys"] == []


def test_a_run_without_a_key_fails_at_once_and_says_how_to_start_it(bodies: dict[str, Any]) -> None:
    assert bodies["no key"]["stopped"] == "AirflowFailException"
    assert "2024Q3" in bodies["no key"]["said"]
    assert bodies["no key"]["calls"] == []


def test_only_scopes_that_are_due_are_written(bodies: dict[str, Any]) -> None:
    assert bodies["due"]["gave"] == ["a"]
    assert bodies["none due"]["stopped"] == "AirflowSkipException"


@pytest.mark.parametrize("case", ["year in quarterly", "quarter in annual"])
def test_a_key_of_another_kind_is_skipped_before_anything_is_asked(bodies: dict[str, Any], case: str) -> None:
    assert bodies[case]["stopped"] == "AirflowSkipException"
    assert bodies[case]["calls"] == []


def test_a_scope_without_such_a_report_is_skipped_with_the_reason(bodies: dict[str, Any]) -> None:
    assert bodies["write nothing"]["stopped"] == "AirflowSkipException"
    assert bodies["write nothing"]["said"] == "no such report"


def test_watch_fails(bodies: dict[str, Any]) -> None:
    assert bodies["watch"]["stopped"] == "AirflowFailException"
