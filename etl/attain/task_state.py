"""The state of a task on a day. Used through `etl.attain`."""

from __future__ import annotations

from datetime import date

from etl.catalog import models
from etl.catalog.layout import TASK_STATES
from etl.model.results import TaskStateName

_DONE, _, _NOT_STARTED = TASK_STATES


def compute_task_state(task: models.Task, stated: str, done_on: date | None, on: date) -> TaskStateName:
    """What a task's state is on a day, from what the unit stated of it.

    Args:
        task: The task, with its deadline and what overtook it.
        stated: The state the unit chose in its form; empty where it said nothing.
        done_on: The day it says it was done.
        on: The day looked from, as a rule the period's last.

    Done counts from `done_on` (a later day is not done yet), and comes before everything else; done
    without a day is taken as in time, for nothing shows it was late. Overtaken tasks are never overdue.
    A unit that said nothing is not said to be late, and a task not yet due needs no word from it. On the deadline
    itself a task is due, no more to come and not overdue yet: a report up to that day is read after it.
    """
    if stated.strip() == _DONE and (done_on is None or done_on <= on):
        return _compute_done_state(task, done_on)
    if task.overtaken_on is not None and task.overtaken_on <= on:
        return "overtaken"
    due = task.deadline.date
    if due is not None and on < due:
        return "not_due"
    if not stated.strip():
        return "not_reported"
    if due is not None:
        return "due" if on == due else "overdue"
    return "not_due" if task.deadline.kind == "not_stated" and stated.strip() == _NOT_STARTED else "ongoing"


def _compute_done_state(task: models.Task, done_on: date | None) -> TaskStateName:
    due = task.deadline.date
    return "done_late" if due is not None and done_on is not None and done_on > due else "done"
