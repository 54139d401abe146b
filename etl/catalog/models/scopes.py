"""Who reports what by when: regimes, deadlines, offices, reports, scopes.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text, validate_period_key
from etl.model import PeriodKind
from etl.model.report_key import ReportKey

_DEPUTIES = ("PHÓ ", "THỨ TRƯỞNG")


class LevelDeadline(StrictModel):
    """By when a level must have reported: so many working days after the period's last day, or a day of the calendar.

    `day` is the last day on which a report is in time (“trước 15/11”: 14), in the month that is `months_after` the
    period's last one: 0 that month, 1 the one after, -1 the one before; a day that the month lacks is its last.
    `dates` names single periods whose day is another. `kinds`: only for periods of these kinds, for all if empty; the
    first deadline of a level that fits counts.
    """

    level: Literal["commune", "district", "province", "agency"]
    working_days: int | None = None
    day: int | None = Field(default=None, ge=1, le=31)
    months_after: int = Field(default=0, ge=-11, le=12)
    dates: dict[Text, dt.date] = Field(default_factory=dict)
    kinds: tuple[PeriodKind, ...] = ()
    basis: Basis
    source: Text

    @model_validator(mode="after")
    def _validate_deadline_rule(self) -> LevelDeadline:
        if (self.working_days is None) == (self.day is None):
            raise ValueError("give either `working_days` or `day`")
        if self.months_after and self.day is None:
            raise ValueError("`months_after` goes with `day`")
        for key in self.dates:
            validate_period_key(key)
        return self


class Requirement(StrictModel):
    """What a regime wants of a level: how often, on which forms. `forms` is as the document names them."""

    level: Literal["commune", "district", "province", "agency", "nation"]
    cadences: tuple[PeriodKind, ...] = Field(min_length=1)
    forms: Text
    receiver: Text
    basis: Basis
    source: Text


class Regime(StrictModel):
    """A reporting regime with its validity, what it wants of each level, and by when.

    A period of the `administrative` calendar ends on the `cut_off_day` of its last month, and begins on the day after
    that of the month before it (NĐ 09/2019/NĐ-CP: the 14th)."""

    id: Code
    title: Text
    number: Text
    calendar: Literal["statistical", "administrative"]
    cut_off_day: int | None = Field(default=None, ge=1, le=28)
    valid_from: dt.date
    valid_to: dt.date | None = None
    period_kinds: tuple[PeriodKind, ...]
    cut_off: Text
    requires: tuple[Requirement, ...] = ()
    deadlines: tuple[LevelDeadline, ...] = ()
    upward_deadline: str = ""
    source: Text
    basis: Basis
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _validate_cut_off_day(self) -> Regime:
        if self.cut_off_day is not None and self.calendar != "administrative":
            raise ValueError("`cut_off_day` goes with the administrative calendar: others have whole months")
        return self

    def find_deadline(self, level: str, kind: PeriodKind) -> LevelDeadline | None:
        """By when a level reports periods of a kind; None where nobody says."""
        return next((d for d in self.deadlines if d.level == level and (not d.kinds or kind in d.kinds)), None)


class HolidayCorrection(StrictModel):
    """A day the holiday library has wrong or cannot know: decided each year by the Prime Minister."""

    day: dt.date
    working: bool
    name: Text
    source: Text


class Submission(StrictModel):
    """A form that some units of a scope owe, each period of its kind. Either every unit of a level, or a list."""

    form: Code
    level: Literal["province", "district", "commune", ""] = ""
    units: tuple[Code, ...] = ()
    regime: Code
    from_period: Text
    to_period: str = ""

    @model_validator(mode="after")
    def _validate_submission_units(self) -> Submission:
        for key in (self.from_period, self.to_period):
            if key:
                validate_period_key(key)
        if bool(self.level) == bool(self.units):
            raise ValueError("give either `level` or `units`")
        return self


class Office(StrictModel):
    """The office that signs: what stands at the head and the foot of its reports (NĐ 30/2020), within its validity.

    `name` is how a sentence calls it; `body` stands at the head, a line break where it breaks. A people's
    committee names no parent body. An office that only changes its name is two entries, one after the other.
    `awaits`: whose decision names the office after the last one.
    """

    name: Text
    parent_body: str = ""
    body: Text
    place: Text
    symbol: Text
    authority: tuple[Text, ...] = Field(min_length=1)
    archive_line: Text
    valid_from: dt.date = dt.date.min
    valid_to: dt.date = dt.date.max
    awaits: str = ""

    @model_validator(mode="after")
    def _validate_office_authority(self) -> Office:
        validate_signing_authority(self.authority)
        return self


def validate_signing_authority(lines: Sequence[str]) -> None:
    """TM., TL., TUQ. name on whose behalf and so who signs; KT. is for a deputy (NĐ 30/2020, Phụ lục I).

    Raises:
        ValueError: a line is in another form, or the line that must follow it is missing.
    """
    for line, after in zip(lines, (*lines[1:], ""), strict=True):
        mark = line.split()[0]
        if line != line.upper() or "/" in mark:
            raise ValueError(f"authority: write {line!r} in upper case, with TM., KT., TL. or TUQ.")
        if mark in {"TM.", "TL.", "TUQ."} and not after:
            raise ValueError(f"authority: {line!r} needs the office of who signs in the next line")
        if mark == "KT." and not after.startswith(_DEPUTIES):
            raise ValueError(f"authority: {line!r} needs a deputy ({'…, '.join(_DEPUTIES)}) in the next line")


class ReportDef(StrictModel):
    """A report that a scope writes for a plan at a cadence. `recipients` are printed in Kính gửi.

    `audience` names each of several reports on one plan and cadence, in files and folders too: small letters, so that
    no two are one folder anywhere, and no underscore, which parts it from what follows in a name. No recipient of the
    one is sent the other.
    """

    plan: Code
    cadence: Literal["month", "quarter", "half", "nine_months", "year"]
    audience: str = Field(default="", pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")
    recipients: tuple[Text, ...] = Field(min_length=1)
    copies: tuple[Text, ...] = ()
    clause: Text
    basis: Basis

    def build_key(self, scope: str, period: str) -> ReportKey:
        """The report of a scope for a period."""
        return ReportKey(scope, self.plan, self.cadence, period, self.audience)


class UnaskedLeads(StrictModel):
    """Offices that lead tasks and that no form asks. `reason` goes on from "nhiệm vụ …" in the report's sentence."""

    actors: tuple[Code, ...] = Field(min_length=1)
    reason: Text
    basis: Basis


class Scope(StrictModel):
    """Who runs an instance: its area, plans, forms and reports.

    `offices`: who issues its reports, oldest first. `continues`: the scopes that ended, whose units report here now;
    what they sent is read on as figures of the same areas. `answers_for`: who reports on the tasks of an actor that
    plans name: each unit of a level, or units by code. `unasked`: the leads of tasks that no form asks, and why.
    `reporting_offices`: the office that fills in the forms of an area, by its level and with `{area}` for its name.
    """

    id: Code
    name: Text
    area_unit: Code
    child_level: Literal["province", "district", "commune"]
    offices: tuple[Office, ...] = Field(min_length=1)
    continues: tuple[Code, ...] = ()
    plans: tuple[Code, ...] = Field(min_length=1)
    submissions: tuple[Submission, ...] = Field(min_length=1)
    reports: tuple[ReportDef, ...]
    answers_for: dict[Code, Literal["province", "district", "commune", "agency"] | tuple[Code, ...]] = Field(
        default_factory=dict
    )
    reporting_offices: dict[Literal["province", "district", "commune"], Text] = Field(default_factory=dict)
    unasked: tuple[UnaskedLeads, ...] = ()
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _convert_single_office(cls, data: Any) -> Any:
        """A catalogue that a warehouse kept from before offices had validity names one, for good."""
        if isinstance(data, dict) and "office" in data:
            return {**{key: value for key, value in data.items() if key != "office"}, "offices": [data["office"]]}
        return data

    @model_validator(mode="after")
    def _validate_office_validity(self) -> Scope:
        for one, following in zip(self.offices, self.offices[1:], strict=False):
            if one.valid_to >= following.valid_from:
                raise ValueError(f"offices: two are valid on {following.valid_from}; end one before the other")
        return self

    def list_answered_actors(self, level: str, unit: str) -> frozenset[str]:
        """The actors whose tasks a unit of a level reports on."""
        return frozenset(
            actor
            for actor, answers in self.answers_for.items()
            if (answers == level if isinstance(answers, str) else unit in answers)
        )

    def name_reporting_office(self, level: str, name: str) -> str:
        """The office that reports for a unit; the unit's own name where nobody says of its level."""
        office = next((text for of, text in self.reporting_offices.items() if of == level), "")
        return office.replace("{area}", name[:1].lower() + name[1:]) if office else name

    def find_report(self, plan: str, cadence: str, audience: str) -> ReportDef | None:
        """The report it writes under a name; None where it no longer does."""
        return next((r for r in self.reports if (r.plan, r.cadence, r.audience) == (plan, cadence, audience)), None)

    @property
    def report_names(self) -> list[tuple[str, str, str, str]]:
        """The reports it writes, of any period: (scope, plan, cadence, audience)."""
        return [(self.id, report.plan, report.cadence, report.audience) for report in self.reports]

    def find_office(self, day: dt.date) -> Office | None:
        """The scope's own office on a day, if it has one then."""
        return next((o for o in self.offices if o.valid_from <= day <= o.valid_to), None)
