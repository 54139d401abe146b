"""Section I: who reported, who did not, who was late.

Room: report. Called by `facts`. A missing unit is always named.
"""

from __future__ import annotations

from typing import Any

from etl.model import UnitStatus
from etl.model.numbers import printed
from etl.report.dates import belongs_to, short_date
from etl.report.inputs import ReportInput
from etl.report.places import said, together
from etl.report.sentences import Sentences


def submissions(given: ReportInput, say: Sentences) -> list[dict[str, Any]]:
    """Every expected submission. Grain: (form, unit)."""
    return [
        {
            "form": status.form,
            "form_title": given.catalogue.forms[status.form].title
            if status.form in given.catalogue.forms
            else status.form,
            "unit": status.unit,
            "unit_name": status.unit_name,
            "state": status.state,
            "state_text": say.texts[f"submission.{status.state}"],
            "version": status.version,
            "due": short_date(status.due),
            "received_on": short_date(status.received_on),
            "late_days": status.late_days,
            "findings_confirm": status.findings_confirm,
            "findings_note": status.findings_note,
        }
        for status in given.statuses
    ]


def by_unit(given: ReportInput) -> dict[str, list[UnitStatus]]:
    """The expected submissions of each unit, in the order given."""
    units: dict[str, list[UnitStatus]] = {}
    for status in given.statuses:
        units.setdefault(status.unit, []).append(status)
    return units


def sentences(given: ReportInput, say: Sentences) -> list[str]:
    """What section I says. A unit counts as in when every form it owes was accepted."""
    units = by_unit(given)
    if not units:
        return [say.say("situation.none_expected")]
    accepted = [s for s in units.values() if all(status.state == "accepted" for status in s)]
    silent = [s for s in units.values() if any(status.state == "silent" for status in s)]
    refused = [s for s in units.values() if s not in silent and any(status.state == "refused" for status in s)]
    found = [_how_many(say, list(units.values()), accepted)]
    for state, those in (("silent", silent), ("refused", refused)):
        if those:
            names = together(say, [named(given, s, {state}) for s in those])
            found.append(say.say(f"situation.{state}", count=printed(len(those)), names=names))
    late = [s for s in units.values() if days_late(s) > 0]
    if late:
        told = "; ".join(_late_name(given, say, s) for s in late)
        found.append(say.say("situation.late", count=printed(len(late)), names=told))
    elif accepted:
        found.append(say.say("situation.none_late"))
    return found


def _how_many(say: Sentences, units: list[list[UnitStatus]], accepted: list[list[UnitStatus]]) -> str:
    expected, present = printed(len(units)), printed(len(accepted))
    if len(units) == 1:
        return say.say("situation.one_in" if accepted else "situation.one_out", name=said(say, units[0][0].unit_name))
    if not accepted:
        return say.say("situation.none_in", expected=expected)
    if len(accepted) < len(units):
        return say.say("situation.some_in", present=present, expected=expected)
    return say.say("situation.all_in", expected=expected)


def days_late(statuses: list[UnitStatus]) -> int:
    """The latest of what a unit sent; what it never sent is silence, not lateness."""
    return max((status.late_days for status in statuses if status.state != "silent"), default=0)


def _late_name(given: ReportInput, say: Sentences, statuses: list[UnitStatus]) -> str:
    """A late unit with its days; where the report spans several periods, with those it was late in."""
    name, days = said(say, statuses[0].unit_name), printed(days_late(statuses))
    if {status.period for status in statuses} == {given.period.key}:
        return say.say("situation.late_name", name=name, days=days)
    keys = dict.fromkeys(s.period for s in statuses if s.late_days > 0 and s.state != "silent")
    periods = ", ".join(belongs_to(key) for key in keys)
    return say.say("situation.late_name_in", name=name, periods=periods, days=days)


def named(given: ReportInput, statuses: list[UnitStatus], states: set[str]) -> str:
    """A unit, with the periods in which it is in one of the states where the report spans several."""
    periods = dict.fromkeys(status.period for status in statuses if status.state in states)
    if {status.period for status in statuses} == {given.period.key} or not periods:
        return statuses[0].unit_name
    return f"{statuses[0].unit_name} ({', '.join(belongs_to(key) for key in periods)})"
