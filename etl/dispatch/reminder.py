"""Which units are reminded on a day, and in what words. Pure: the day is given, nothing is read but the templates.

Inside the dispatch room only, and through it by steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.catalog import models
from etl.catalog.calendar import count_working_days
from etl.catalog.contacts import Receiver, ReminderRules
from etl.dispatch.letter import Letter, read_letter_template, render_letter_text


@dataclass(frozen=True)
class RefusedWorkbook:
    """The last workbook of a form that was sent back. `reason` is its first finding that refuses."""

    received: date
    findings: int
    reason: str


@dataclass(frozen=True)
class MissingForm:
    """A form that is not in, or not accepted. Grain: (unit, form, period). `form` and `period` as they are called."""

    unit: str
    unit_name: str
    form: str
    period: str
    due: date
    refusal: RefusedWorkbook | None = None


@dataclass(frozen=True)
class Reminder:
    """What one unit is told on one day: everything it owes by then, each with its working days.

    Units: working days to the deadline; negative after it.
    """

    unit: str
    unit_name: str
    day: date
    items: tuple[tuple[MissingForm, int], ...]


def select_due_reminders(
    missing: Iterable[MissingForm], day: date, rules: ReminderRules, corrections: Sequence[models.HolidayCorrection]
) -> list[Reminder]:
    """The units to remind on a working day, in the order they come in.

    A unit is reminded when one of its forms is a configured number of working days before or after its deadline.
    It is then told of every form that is late or comes due within the longest of those numbers.
    """
    triggers = {*rules.before, *(-days for days in rules.after)}
    horizon = max(rules.before)
    owed: dict[str, list[tuple[MissingForm, int]]] = {}
    for item in missing:
        left = count_working_days(corrections, day, item.due)
        if left <= horizon:
            owed.setdefault(item.unit, []).append((item, left))
    return [
        Reminder(unit, items[0][0].unit_name, day, tuple(sorted(items, key=lambda entry: entry[0].due)))
        for unit, items in owed.items()
        if any(left in triggers for _, left in items)
    ]


def render_reminder_letter(
    reminder: Reminder, office: str, receiver: Receiver, templates: Path, *, simulated: bool
) -> Letter:
    """A reminder as a letter; it names the place and the contact that are known.

    Raises:
        TemplateError: the office's wording has an unknown or unused slot.
    """
    slots = {
        "unit": reminder.unit_name,
        "office": office,
        "day": _format_reminder_date(reminder.day),
        "count": len(reminder.items),
        "sending": _format_sending(office, receiver, templates),
        "items": "\n".join(_format_reminder_item(item, left, templates) for item, left in reminder.items),
    }
    subject, text = render_letter_text(templates, "reminder", slots, simulated=simulated)
    return Letter(f"reminder/{reminder.unit}/{reminder.day.isoformat()}", subject, text)


def _format_sending(office: str, receiver: Receiver, templates: Path) -> str:
    to = office
    if receiver.place:
        to = read_letter_template(templates, "reminder-place", _PLACE_SLOTS).format(office=to, place=receiver.place)
    if receiver.contact:
        line = read_letter_template(templates, "reminder-contact", _CONTACT_SLOTS)
        to = line.format(to=to, contact=receiver.contact)
    return to


_ITEM_SLOTS = frozenset({"form", "period", "due", "days"})
_DUE_TODAY_SLOTS = _ITEM_SLOTS - {"days"}
_REFUSED_SLOTS = frozenset({"received", "count", "reason"})
_PLACE_SLOTS, _CONTACT_SLOTS = frozenset({"office", "place"}), frozenset({"to", "contact"})


def _format_reminder_item(item: MissingForm, left: int, templates: Path) -> str:
    name, slots = ("reminder-today", _DUE_TODAY_SLOTS) if left == 0 else ("reminder-before", _ITEM_SLOTS)
    if left < 0:
        name = "reminder-after"
    slot_values = {"form": item.form, "period": item.period, "due": _format_reminder_date(item.due), "days": abs(left)}
    line = f"- {read_letter_template(templates, name, slots).format(**{slot: slot_values[slot] for slot in slots})}"
    if item.refusal is None:
        return line
    refused = read_letter_template(templates, "reminder-refused", _REFUSED_SLOTS).format(
        received=_format_reminder_date(item.refusal.received), count=item.refusal.findings, reason=item.refusal.reason
    )
    return f"{line}\n  {refused}"


def _format_reminder_date(day: date) -> str:
    return f"{day:%d/%m/%Y}"
