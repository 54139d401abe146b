"""Section I: who reported, who did not, who was late.

Room: report. Called by `facts`. A missing unit is always named.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.messages import Messages
from etl.model import UnitStatus
from etl.model.numbers import format_number
from etl.report.covered_period import list_silent_parts
from etl.report.dates import format_period_list, format_reference_period, format_short_date, format_two_digits
from etl.report.inputs import ReportInput
from etl.report.section_facts import SubmissionRow
from etl.report.unit_names import format_unit_list, format_unit_mention


def build_submission_rows(inputs: ReportInput, wording: Messages) -> tuple[SubmissionRow, ...]:
    """Every expected submission. Grain: (form, unit)."""
    return tuple(
        SubmissionRow(
            form=status.form,
            form_title=inputs.catalogue.forms[status.form].title
            if status.form in inputs.catalogue.forms
            else status.form,
            unit=status.unit,
            unit_name=status.unit_name,
            state=status.state,
            state_text=wording.texts[f"submission.{status.state}"],
            version=status.version,
            due=format_short_date(status.due),
            received_on=format_short_date(status.received_on),
            late_days=status.late_days,
            findings_confirm=status.findings_confirm,
            findings_note=status.findings_note,
        )
        for status in inputs.statuses
    )


def group_statuses_by_unit(inputs: ReportInput) -> dict[str, list[UnitStatus]]:
    """The expected submissions of each unit, in the order given."""
    units: dict[str, list[UnitStatus]] = {}
    for status in inputs.statuses:
        units.setdefault(status.unit, []).append(status)
    return units


def describe_submissions(inputs: ReportInput, wording: Messages) -> list[str]:
    """What section I says. A unit counts as in when every form it owes was accepted."""
    units = group_statuses_by_unit(inputs)
    if not units:
        return [wording.format("situation.none_expected")]
    accepted = [s for s in units.values() if all(status.state == "accepted" for status in s)]
    silent = [s for s in units.values() if any(status.state == "silent" for status in s)]
    refused = [s for s in units.values() if s not in silent and any(status.state == "refused" for status in s)]
    found = [_describe_accepted_count(inputs, wording, list(units.values()), accepted)]
    found += _describe_silent_units(inputs, wording, silent, len(units))
    if not spans_periods(inputs) and (keys := list_silent_parts(inputs)):
        found.append(wording.format("situation.silent_before", periods=format_period_list(keys)))
    if refused:
        names = format_unit_list(wording, [format_unit_with_periods(inputs, s, {"refused"}) for s in refused])
        found.append(wording.format("situation.refused", count=format_two_digits(len(refused)), names=names))
    late = [s for s in units.values() if count_days_late(s) > 0]
    if late:
        late_units = "; ".join(_format_late_unit(inputs, wording, s) for s in late)
        found.append(wording.format("situation.late", count=format_two_digits(len(late)), names=late_units))
    elif accepted:
        found.append(wording.format("situation.none_late", period=inputs.period.name))
    return found


def _describe_silent_units(
    inputs: ReportInput, wording: Messages, silent: list[list[UnitStatus]], of: int
) -> Iterator[str]:
    """Who sent nothing, by name; where the report spans several periods, once for each of those that they lack. Names
    say nothing where it is everybody."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for statuses in silent:
        periods = dict.fromkeys(status.period for status in statuses if status.state == "silent")
        lacking.setdefault(tuple(periods), []).append(statuses[0].unit_name)
    for keys, names in lacking.items():
        slots = {"count": format_two_digits(len(names)), "periods": format_period_list(keys)}
        own = keys == (inputs.period.key,)
        if len(names) == of > 1:
            if not own:  # that nobody sent this period's is said already
                yield wording.format("situation.silent_all", **slots)
        elif own:
            listed = format_unit_list(wording, names)
            yield wording.format("situation.silent", count=slots["count"], names=listed)
        else:
            yield wording.format("situation.silent_in", names=format_unit_list(wording, names), **slots)


def spans_periods(inputs: ReportInput) -> bool:
    """Whether the report is made from several periods, of which a unit may have sent some."""
    return {status.period for status in inputs.statuses} != {inputs.period.key}


def group_periods_by_count(inputs: ReportInput) -> dict[tuple[int, int], list[str]]:
    """The periods owed, by how many units had every form of it accepted, of how many that owe it."""
    found: dict[tuple[int, int], list[str]] = {}
    for key in dict.fromkeys(status.period for status in inputs.statuses):
        owing = {status.unit for status in inputs.statuses if status.period == key}
        lacking = {s.unit for s in inputs.statuses if s.period == key and s.state != "accepted"}
        found.setdefault((len(owing - lacking), len(owing)), []).append(key)
    return found


def _describe_accepted_count(
    inputs: ReportInput, wording: Messages, units: list[list[UnitStatus]], accepted: list[list[UnitStatus]]
) -> str:
    expected, present = format_number(len(units)), format_number(len(accepted))
    if len(units) == 1:
        return wording.format(
            "situation.one_in" if accepted else "situation.one_out",
            name=format_unit_mention(wording, units[0][0].unit_name),
        )
    parts = spans_periods(inputs)
    if not accepted:
        sentences = [
            wording.format(
                "situation.accepted_in",
                periods=format_period_list(keys),
                present=format_number(some),
                expected=format_number(of),
            )
            for (some, of), keys in group_periods_by_count(inputs).items()
            if some
        ]
        # that nobody sent the forms of all periods is said by how many sent those of which
        return " ".join(sentences) if parts and sentences else wording.format("situation.none_in", expected=expected)
    if len(accepted) < len(units):
        name = "situation.some_complete" if parts else "situation.some_in"
        return wording.format(name, present=present, expected=expected)
    return wording.format("situation.all_in", expected=format_two_digits(len(units)))


def count_days_late(statuses: list[UnitStatus]) -> int:
    """The latest of what a unit sent; what it never sent is silence, not lateness."""
    return max((status.late_days for status in statuses if status.state != "silent"), default=0)


def _format_late_unit(inputs: ReportInput, wording: Messages, statuses: list[UnitStatus]) -> str:
    """A late unit with its days; where the report spans several periods, with those it was late in."""
    name, days = format_unit_mention(wording, statuses[0].unit_name), format_number(count_days_late(statuses))
    if {status.period for status in statuses} == {inputs.period.key}:
        return wording.format("situation.late_name", name=name, days=days)
    keys = dict.fromkeys(s.period for s in statuses if s.late_days > 0 and s.state != "silent")
    periods = ", ".join(format_reference_period(key) for key in keys)
    return wording.format("situation.late_name_in", name=name, periods=periods, days=days)


def format_unit_with_periods(inputs: ReportInput, statuses: list[UnitStatus], states: set[str]) -> str:
    """A unit, with the periods in which it is in one of the states where the report spans several."""
    periods = dict.fromkeys(status.period for status in statuses if status.state in states)
    if {status.period for status in statuses} == {inputs.period.key} or not periods:
        return statuses[0].unit_name
    return f"{statuses[0].unit_name} ({', '.join(format_reference_period(key) for key in periods)})"
