"""Letters and reminders: who is told what on which day, in what words, and what a wrong template says."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from etl.catalog.contacts import Receiver, ReminderRules
from etl.dispatch import (
    Letter,
    MissingForm,
    RefusedWorkbook,
    build_email_message,
    render_reminder_letter,
    select_due_reminders,
)
from etl.errors import TemplateError
from etl.settings import PROJECT_ROOT

TEMPLATES = PROJECT_ROOT / "templates"
RULES = ReminderRules(basis="configured", source="x", before=(3, 1), after=(1, 3, 5))
DUE = date(2024, 4, 22)  # a Monday; Thursday the 18th was a holiday


def _missing(
    unit: str = "608", due: date = DUE, refusal: RefusedWorkbook | None = None, form: str = "Biểu 01"
) -> MissingForm:
    return MissingForm(unit, f"Huyện {unit}", form, "quý I năm 2024", due, refusal)


@pytest.mark.parametrize(
    ("day", "left"),
    [
        ("2024-04-15", None), ("2024-04-16", 3), ("2024-04-17", None), ("2024-04-19", 1), ("2024-04-22", None),
        ("2024-04-23", -1), ("2024-04-24", None), ("2024-04-25", -3),
    ],
)  # fmt: skip
def test_reminders_come_on_the_configured_working_days_alone(day: str, left: int | None) -> None:
    found = select_due_reminders([_missing()], date.fromisoformat(day), RULES, ())
    assert [days for reminder in found for _, days in reminder.items] == ([] if left is None else [left])


def test_a_unit_is_told_once_of_everything_it_owes_the_oldest_first() -> None:
    year, far = _missing(due=date(2024, 2, 1), form="Biểu năm"), _missing(due=date(2024, 7, 19), form="xa")
    (reminder,) = select_due_reminders([far, _missing(), year], date(2024, 4, 23), RULES, ())
    assert [(item.form, left) for item, left in reminder.items] == [("Biểu năm", -52), ("Biểu 01", -1)]


def test_a_debt_without_a_day_of_its_own_reminds_nobody() -> None:
    assert select_due_reminders([_missing(due=date(2024, 2, 1))], date(2024, 4, 23), RULES, ()) == []


def test_the_words_name_form_period_deadline_and_refusal() -> None:
    refused = _missing(form="Biểu 02", refusal=RefusedWorkbook(date(2024, 4, 10), 3, "Ô F13 không phải là số."))
    (reminder,) = select_due_reminders([_missing(), refused], date(2024, 4, 23), RULES, ())
    letter = render_reminder_letter(reminder, "Sở Y tế", Receiver(), TEMPLATES, simulated=False)
    assert letter.key == "reminder/608/2024-04-23"
    assert letter.subject == "Nhắc gửi báo cáo: 2 biểu chưa được tiếp nhận"
    late = "quý I năm 2024: hạn gửi ngày 22/04/2024, đã quá 1 ngày làm việc."
    assert f"- Biểu 01, {late}\n- Biểu 02, {late}\n  Tệp gửi ngày 10/04/2024 đã bị trả lại" in letter.text
    assert "còn 3 nội dung phải sửa. Nội dung đầu tiên: Ô F13 không phải là số." in letter.text
    (before,) = select_due_reminders([_missing()], date(2024, 4, 16), RULES, ())
    assert (
        "hạn gửi ngày 22/04/2024, còn 3 ngày làm việc."
        in render_reminder_letter(before, "x", Receiver(), TEMPLATES, simulated=False).text
    )
    on_the_day = select_due_reminders([_missing()], DUE, RULES.model_copy(update={"before": (0,)}), ())
    assert (
        "hạn gửi là hôm nay, ngày 22/04/2024."
        in render_reminder_letter(on_the_day[0], "x", Receiver(), TEMPLATES, simulated=False).text
    )


def test_a_reminder_says_where_to_send_as_far_as_anybody_knows() -> None:
    (reminder,) = select_due_reminders([_missing()], date(2024, 4, 16), RULES, ())
    place, contact = {"place": "https://vi-du.test"}, {"contact": "0260…"}
    for known, said in (
        ({}, "gửi về Sở Y tế. "), (place, "gửi về Sở Y tế qua https://vi-du.test. "),
        (contact, "gửi về Sở Y tế (liên hệ: 0260…). "),
        (place | contact, "gửi về Sở Y tế qua https://vi-du.test (liên hệ: 0260…). "),
    ):  # fmt: skip
        letter = render_reminder_letter(reminder, "Sở Y tế", Receiver(**known), TEMPLATES, simulated=False)
        assert said in letter.text


def test_simulated_data_is_marked() -> None:
    (reminder,) = select_due_reminders([_missing()], date(2024, 4, 16), RULES, ())
    letter = render_reminder_letter(reminder, "Sở Y tế", Receiver(), TEMPLATES, simulated=True)
    assert letter.subject.startswith("[SỐ LIỆU MÔ PHỎNG]")
    assert letter.text.startswith("SỐ LIỆU MÔ PHỎNG\n")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("reminder", "{unit}", "", "unused slot {unit}"),
        ("reminder", "{unit}", "{unit} {phone}", "unknown slot {phone}"),
        ("reminder", "{count}", "{count:03}", "unknown slot {count:03}"),
        ("reminder", "{count}", "{count", "not readable"),
        ("reminder", "Chủ đề:", "", "the first line is not"),
        ("reminder-before", "{days}", "vài", "unused slot {days}"),
    ],
)
def test_a_wrong_wording_stops_with_its_file_and_slot(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES / "mail", tmp_path / "mail")
    path = tmp_path / "mail" / f"{name}.txt"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    (reminder,) = select_due_reminders([_missing()], date(2024, 4, 16), RULES, ())
    with pytest.raises(TemplateError) as caught:
        render_reminder_letter(reminder, "Sở Y tế", Receiver(), tmp_path, simulated=False)
    assert caught.value.what.startswith(says) and caught.value.where == str(path)


def test_a_wording_that_is_not_there_is_named(tmp_path: Path) -> None:
    (reminder,) = select_due_reminders([_missing()], date(2024, 4, 16), RULES, ())
    with pytest.raises(TemplateError, match="missing"):
        render_reminder_letter(reminder, "Sở Y tế", Receiver(), tmp_path, simulated=False)


def test_a_long_vietnamese_subject_and_file_name_survive_the_wire() -> None:
    from datetime import UTC, datetime
    from email import message_from_bytes, policy

    subject, name = "Đính chính " * 40 + "hết", "báo cáo quý Ⅰ “đã ký”.docx"
    letter = Letter("report/1/x", subject, "Kính gửi\n", {name: b"\x00\xff.\r\n"})
    raw = build_email_message(letter, "a@vi-du.test", "b@vi-du.test", datetime(2024, 4, 22, tzinfo=UTC)).as_bytes()
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=policy.default)
    assert read["Subject"] == subject
    (part,) = read.iter_attachments()  # type: ignore[attr-defined]
    assert (part.get_filename(), part.get_content()) == (name, b"\x00\xff.\r\n")
