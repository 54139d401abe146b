"""The head and foot of a report: who writes, to whom, on what ground (NĐ 30/2020/NĐ-CP, Phụ lục I).

Room: report. Called by `facts`. Number, date and signature stay blank: the registry and the signer fill them.
"""

from __future__ import annotations

from etl.catalog import models as m
from etl.messages import Messages
from etl.report.dates import build_decree_date_parts, format_decree_dates
from etl.report.inputs import ReportInput
from etl.report.section_facts import Foot, Head


def build_report_head(inputs: ReportInput, wording: Messages) -> Head:
    """Everything above section I."""
    plan, catalogue = inputs.plan, inputs.catalogue
    office = catalogue.get_office(inputs.scope, inputs.day)
    name, plan_title = office.name, format_plan_name(plan)
    return Head(
        parent_body=office.parent_body,
        body=office.body,
        office=name,
        symbol=office.symbol,
        place=office.place,
        subject=wording.format("head.subject", plan=plan_title, period=inputs.period.name),
        recipients=tuple(catalogue.find_body_name(to, inputs.day) for to in inputs.report.recipients),
        bases=_format_bases(inputs, wording),
        opening=wording.format("head.opening", office=name, plan=plan_title, period=inputs.period.name),
        simulated=wording.texts["word.simulated"] if inputs.simulated else "",
        simulated_notice=wording.format("head.simulated_notice", period=inputs.period.name) if inputs.simulated else "",
    )


def format_plan_name(plan: m.Plan) -> str:
    """The plan as a sentence calls it: a number follows the word “số”."""
    if not plan.number or plan.number not in plan.short_title or "số" in plan.short_title:
        return plan.short_title
    return plan.short_title.replace(plan.number, f"số {plan.number}")


def build_report_foot(inputs: ReportInput, wording: Messages) -> Foot:
    """Everything below section VI."""
    office = inputs.catalogue.get_office(inputs.scope, inputs.day)
    return Foot(
        closing=wording.format(
            "head.closing",
            office=office.name,
            plan=format_plan_name(inputs.plan),
            period=inputs.period.name,
            recipients=", ".join(inputs.report.recipients),
        ),
        copies=tuple(inputs.report.copies),
        archive_line=office.archive_line,
        authority=tuple(office.authority),
    )


def _format_bases(inputs: ReportInput, wording: Messages) -> tuple[str, ...]:
    """The grounds in the decree's form: each line ends with a semicolon, the last with a full stop."""
    plan = inputs.plan
    bases = [wording.format("head.basis", ground=format_decree_dates(parent.rstrip(".;"))) for parent in plan.parents]
    bases.append(_format_plan_as_basis(inputs, wording))
    if inputs.report.basis == "source":
        bases.append(wording.format("head.basis_duty", clause=inputs.report.clause, plan=format_plan_name(plan)))
    return (*(f"{line};" for line in bases[:-1]), f"{bases[-1]}.")


def _format_plan_as_basis(inputs: ReportInput, wording: Messages) -> str:
    """The plan itself. A number or date that the source leaves blank stays blank, to be filled by hand."""
    plan = inputs.plan
    issuer = inputs.catalogue.actors.get(plan.issuer)
    blank = not plan.number or plan.number.startswith("/")
    return wording.format(
        "head.basis_draft" if plan.status == "draft" else "head.basis_plan",
        number=(wording.texts["head.number_blank"] if blank else "") + plan.number,
        date=wording.format("head.date", **build_decree_date_parts(plan.date))
        if plan.date
        else wording.texts["head.date_blank"],
        issuer=issuer.name if issuer else plan.issuer,
        subject=plan.implements,
    )
