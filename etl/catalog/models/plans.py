"""A plan as a document: issuer, duties to report, tasks, actors.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text
from etl.catalog.models.targets import Target
from etl.model import Period

DocumentKind = Literal[
    "Nghị quyết", "Quyết định", "Chỉ thị", "Chương trình", "Kế hoạch", "Phương án", "Đề án", "Quy định", "Hướng dẫn",
    "Thông báo", "Công văn", "Nghị định", "Thông tư",
]  # fmt: skip
"""Kinds of documents that plans are, and rest on, as they are printed (NĐ 30/2020, Điều 7; the Party's; two of law)."""
_CITATION = re.compile(r"(\S+ \S+) số (\S+) ngày (\d\d)/(\d\d)/(\d{4}) của (.+)")


class CitedDocument(StrictModel):
    """A document that a plan rests on. `subject` is its trích yếu, word for word, without the kind before it;
    `source` says where that was read, and `basis` whether it is the source's or the office's own (``configured``)."""

    kind: DocumentKind
    number: Text
    date: dt.date
    issuer: Text
    subject: str = ""
    basis: Basis
    source: Text

    @model_validator(mode="before")
    @classmethod
    def _convert_citation(cls, data: Any) -> Any:
        """A catalogue that a warehouse kept from before documents had parts cites them in one line, without subject."""
        cited = _CITATION.fullmatch(data) if isinstance(data, str) else None
        if cited is None:
            return data
        kind, number, day, month, year, issuer = cited.groups()
        parts = {"kind": kind, "number": number, "date": f"{year}-{month}-{day}", "issuer": issuer}
        return parts | {"basis": "source", "source": data}


class Deadline(StrictModel):
    """When a task is due, as written. `ongoing` has no date."""

    written: Text
    kind: Literal["ongoing", "by_date", "not_stated"]
    date: dt.date | None = None

    @model_validator(mode="after")
    def _validate_due_date(self) -> Deadline:
        if (self.kind == "by_date") != (self.date is not None):
            raise ValueError("a date goes with kind by_date, and only with it")
        return self


class Task(StrictModel):
    """Something a plan tells somebody to do. Key: (plan, id). `overtaken_on` with its reason, if life did."""

    id: Code
    clause: Text
    title: Text
    lead: tuple[Code, ...] = Field(min_length=1)
    cooperate: tuple[Code, ...] = ()
    deadline: Deadline
    overtaken_on: dt.date | None = None
    overtaken_by: str = ""
    notes: tuple[str, ...] = ()


class ReportingDuty(StrictModel):
    """Who must report to whom under the plan, with the clause; what the plan leaves open is configured."""

    by: Code
    to: tuple[Code, ...] = Field(min_length=1)
    clause: Text
    frequency_written: str = ""
    cadence: tuple[Literal["month", "quarter", "half", "nine_months", "year"], ...] = ()
    cadence_basis: Basis
    basis: Basis
    note: str = ""


class Plan(StrictModel):
    """A plan document with everything in it that can be followed up.

    `title` is kind and trích yếu; `subject` the trích yếu as a ground cites it, behind number, date and issuer;
    `implements` what the plan puts into practice, which its reports are about: of a draft, which is no ground for
    anything, an issued document by kind and number, which its reports name in its place. `valid_from` is the day from
    which it is carried out: its date, or the first day that the source leaves possible.
    """

    id: Code
    kind: DocumentKind = "Kế hoạch"
    title: Text
    subject: str = ""
    short_title: Text
    number: str
    number_note: str = ""
    issuer: Code
    date: dt.date | None
    date_note: str = ""
    parents: tuple[CitedDocument, ...] = ()
    implements: Text
    seed_file: Text
    status: Literal["issued", "draft"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    duties: tuple[ReportingDuty, ...] = ()
    recipients: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    targets: tuple[Target, ...]
    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()

    def find_carried_out(self) -> CitedDocument | None:
        """The issued document that a draft is to carry out; none of a plan that is issued itself."""
        words = self.implements.split()
        cited = (p for p in self.parents if self.implements.startswith(f"{p.kind} ") and p.number in words)
        return next(cited, None) if self.status == "draft" else None

    @model_validator(mode="after")
    def _validate_draft(self) -> Self:
        if self.status == "draft" and self.find_carried_out() is None:
            raise ValueError("a draft's `implements` begins with kind and number of one of its `parents`")
        return self

    def is_reported_for(self, period: Period) -> bool:
        """Whether anything of it can have been carried out in a period: it was there before the period's end."""
        return self.valid_from <= period.end


class Actor(StrictModel):
    """Somebody a plan names: an office or a class of offices. `level` if a class of org units answers for it.

    `party`: a body of the Party, which an office of the state asks, and never tells.
    """

    code: Code
    name: Text
    level: Literal["", "province", "district", "commune"] = ""
    party: bool = False
