"""Airflow on three hosts by Celery: a worker killed, a host cut off, a host lost, the scheduler killed, all amid work.

The services run with the environment and the commands of docker-compose.yml. The folder they share is one file system of
this machine: what NFS would have to give is said in docs/operations.md.
"""

from __future__ import annotations

import re

import pytest

from ops.dag_runs import list_dag_runs
from tests import conservation
from tests.hosts.story import Story

pytestmark = [pytest.mark.hosts, pytest.mark.airflow, pytest.mark.slow]


def test_every_misfortune_fell_into_work_that_was_being_done(story: Story) -> None:
    assert len(story.hit) == 4 and all(story.hit.values())


def test_what_a_lost_worker_had_begun_was_tried_again_by_another(story: Story) -> None:
    tried_again = [ti for ti in story.list_tasks("process", "success") if ti["try_number"] > 1]
    assert tried_again and {ti["hostname"] for ti in tried_again} <= {"second", "third"}


def test_every_file_is_archived_and_judged_once(story: Story) -> None:
    assert story.sent == [] and story.hashes
    conservation.check_archive(story.settings)
    conservation.check_loaded_once(story.settings, story.hashes)


def test_every_sender_has_one_answer(story: Story) -> None:
    accepted = conservation.check_answers(story.settings, accepted=True, suffix="bien-nhan")
    refused = conservation.check_answers(story.settings, accepted=False, suffix="tra-lai")
    assert accepted + refused == len(story.hashes) and accepted > 0


def test_every_run_ended_and_nobody_had_to_lend_a_hand(story: Story) -> None:
    runs = [run for run in list_dag_runs(story.cluster.client) if run.dag in {"intake", "attain"}]
    assert {run.dag for run in runs} == {"intake", "attain"}
    assert [run for run in runs if run.state != "success"] == []


def test_what_was_loaded_is_computed(story: Story) -> None:
    computed = {row.period for row in conservation.fetch_rows(story.settings, "SELECT period FROM plan.attainment_run")}
    loaded = {row.period for row in conservation.fetch_rows(story.settings, "SELECT period FROM core.submission")}
    assert loaded and loaded <= computed


def test_the_answers_name_no_half_written_file(story: Story) -> None:
    left = [p for p in story.settings.var.rglob("*") if re.match(r"\.(tmp|taking)-", p.name)]
    assert left == []


@pytest.mark.parametrize(
    ("setting", "given"),
    [("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"), ("user_timeout", "60000")],
)
def test_the_server_gives_up_on_a_silent_worker_within_a_minute(setting: str, given: str, story: Story) -> None:
    statement = f"SELECT current_setting('tcp_{setting}')"
    assert conservation.fetch_rows(story.settings, statement) == [(given,)]
