"""Task states: what the drawn table leaves out."""

from __future__ import annotations

from datetime import date

from etl.attain import compute_task_state
from etl.catalog import models
from etl.catalog.layout import TASK_STATES
from etl.model.period import format_period_or_date


def task(due: date | None = None, overtaken: date | None = None) -> models.Task:
    deadline = models.Deadline(written="x", kind="by_date" if due else "ongoing", date=due)
    return models.Task(id="t", clause="1", title="x", lead=("a",), deadline=deadline, overtaken_on=overtaken)


def test_the_words_of_the_form_are_the_ones_understood() -> None:
    assert TASK_STATES == ("Đã hoàn thành", "Đang thực hiện", "Chưa thực hiện")


def test_the_last_day_is_still_in_time() -> None:
    due = date(2025, 6, 30)
    assert compute_task_state(task(due), "Đã hoàn thành", due, due) == "done"
    assert compute_task_state(task(due), "Đang thực hiện", None, date(2025, 6, 29)) == "not_due"
    assert compute_task_state(task(due), "Đang thực hiện", None, due) == "due", "who reads of that day reads it after"
    assert compute_task_state(task(due), "", None, due) == "not_reported"
    assert compute_task_state(task(due), "Đang thực hiện", None, date(2025, 7, 1)) == "overdue"


def test_a_day_of_completion_alone_does_not_say_done() -> None:
    assert (
        compute_task_state(task(date(2025, 6, 30)), "Đang thực hiện", date(2025, 5, 1), date(2025, 7, 31)) == "overdue"
    )


def test_the_same_report_read_on_an_earlier_day_is_as_it_was_then() -> None:
    done_on, late = date(2025, 7, 15), task(date(2025, 6, 30))
    assert compute_task_state(late, "Đã hoàn thành", done_on, date(2025, 7, 14)) == "overdue"
    assert compute_task_state(late, "Đã hoàn thành", done_on, date(2025, 7, 15)) == "done_late"


def test_overtaken_counts_from_its_day_even_if_nobody_reported() -> None:
    gone = task(date(2025, 6, 30), date(2025, 7, 1))
    assert compute_task_state(gone, "", None, date(2025, 7, 1)) == "overtaken"


def test_spaces_around_the_state_do_not_matter() -> None:
    assert compute_task_state(task(), " Đã hoàn thành ", None, date(2025, 1, 1)) == "done"
    assert compute_task_state(task(), "  ", None, date(2025, 1, 1)) == "not_reported"


def test_dates_and_periods_are_written_as_readers_write_them() -> None:
    assert [format_period_or_date(t) for t in ("2024Q3", "2024-03-05", "khảo sát 2020")] == [
        "quý III năm 2024",
        "05/3/2024",
        "khảo sát 2020",
    ]
