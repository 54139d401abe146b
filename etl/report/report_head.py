"""The head and foot of a report: who writes, to whom, on what ground (NĐ 30/2020/NĐ-CP, Phụ lục I).

Room: report. Called by `facts`. Number, date and signature stay blank: the registry and the signer fill them.
"""

from __future__ import annotations

from etl.catalog import models
from etl.messages import Messages
from etl.report.dates import build_decree_date_parts
from etl.report.inputs import ReportInput
from etl.report.section_facts import Foot, Head
from etl.report.unit_names import format_unit_mention


def build_report_head(inputs: ReportInput, wording: Messages) -> Head:
    """Everything above section I."""
    office = inputs.catalogue.get_office(inputs.scope, inputs.day)
    slots = {"plan": format_plan_name(inputs, wording), "period": inputs.period.name}
    return Head(
        parent_body=office.parent_body,
        body=office.body,
        office=office.name,
        symbol=office.symbol,
        place=office.place,
        subject=_format_subject(inputs, wording, slots),
        recipients=list_recipients(inputs),
        bases=_format_bases(inputs, wording),
        opening=wording.format("head.opening", office=office.name, **slots),
        simulated=wording.texts["word.simulated"] if inputs.simulated else "",
        simulated_notice=wording.format("head.simulated_notice", period=inputs.period.name) if inputs.simulated else "",
        audience=inputs.report.audience,
    )


def _format_subject(inputs: ReportInput, wording: Messages, slots: dict[str, str]) -> str:
    """What the report is about; of an area that has ended also where: the office's own is another one. What a draft is
    to carry out is named once."""
    by_plan = "" if inputs.plan.status == "draft" else wording.format("head.by_plan", plan=slots["plan"])
    area = format_former_area(inputs, wording)
    within = wording.format("head.within", area=area) if area else ""
    return wording.format(
        "head.subject", subject=inputs.plan.implements, period=slots["period"], area=within, plan=by_plan
    )


def format_former_area(inputs: ReportInput, wording: Messages) -> str:
    """The area of the plan, as a sentence calls one that has ended; empty where it has not."""
    return name_former_area(wording, inputs.find_unit_name(inputs.area)) if inputs.format_area_end() else ""


def name_former_area(wording: Messages, name: str) -> str:
    """The one name of an area that has ended, within a sentence."""
    return wording.format("head.former_area", name=format_unit_mention(wording, name))


def format_plan_name(inputs: ReportInput, wording: Messages) -> str:
    """The plan as a sentence calls it: kind and number; where the source leaves the number blank, whose it is. Nobody
    reports on a draft, but on what was issued and it is to carry out."""
    plan = inputs.plan
    carried_out = plan.find_carried_out()
    if carried_out is not None:
        return wording.format("head.plan", kind=carried_out.kind, number=carried_out.number)
    if _is_numbered(plan):
        return wording.format("head.plan", kind=plan.kind, number=plan.number)
    return wording.format("head.plan_unnumbered", kind=plan.kind, issuer=_find_issuer_name(inputs))


def _is_numbered(plan: models.Plan) -> bool:
    return bool(plan.number) and not plan.number.startswith("/")


def _find_issuer_name(inputs: ReportInput) -> str:
    issuer = inputs.catalogue.actors.get(inputs.plan.issuer)
    return issuer.name if issuer else inputs.plan.issuer


def list_recipients(inputs: ReportInput) -> tuple[str, ...]:
    """The addressees by their names on the report's date, without those that have ended by then."""
    names = (inputs.catalogue.find_body_name(to, inputs.day) for to in inputs.report.recipients)
    return tuple(name for name in names if name)


def build_report_foot(inputs: ReportInput, wording: Messages) -> Foot:
    """Everything below section VI."""
    office = inputs.catalogue.get_office(inputs.scope, inputs.day)
    return Foot(
        closing=wording.format(
            "head.closing",
            office=office.name,
            plan=format_plan_name(inputs, wording),
            period=inputs.period.name,
            recipients=", ".join(list_recipients(inputs)),
        ),
        copies=tuple(copy for copy in inputs.report.copies if not copy.startswith(office.name)),  # none to itself
        archive_line=office.archive_line,
        authority=tuple(office.authority),
    )


def _format_bases(inputs: ReportInput, wording: Messages) -> tuple[str, ...]:
    """The grounds in the decree's form, each with its trích yếu: semicolons, a full stop behind the last.

    Only what is issued, and was so on the report's date: a draft gives no mandate.
    """
    bases = [
        wording.format(
            "head.basis",
            kind=ground.kind,
            number=ground.number,
            date=wording.format("head.date", **build_decree_date_parts(ground.date)),
            issuer=ground.issuer,
            subject=ground.subject,
        ).rstrip()
        for ground in inputs.plan.parents
        if ground.date <= inputs.day
    ]
    if inputs.plan.status == "issued" and (inputs.plan.date is None or inputs.plan.date <= inputs.day):
        bases.append(_format_plan_as_basis(inputs, wording))
    return (*(f"{line};" for line in bases[:-1]), *(f"{line}." for line in bases[-1:]))


def _format_plan_as_basis(inputs: ReportInput, wording: Messages) -> str:
    """The plan itself, by the clause that asks for the report, where one does. A number or date that the source
    leaves blank stays blank, to be filled by hand."""
    plan = inputs.plan
    kind = "basis_duty" if inputs.report.basis == "source" else "basis"
    return wording.format(
        f"head.{kind}",
        kind=plan.kind,
        number=("" if _is_numbered(plan) else wording.texts["head.number_blank"]) + plan.number,
        date=wording.format("head.date", **build_decree_date_parts(plan.date))
        if plan.date
        else wording.texts["head.date_blank"],
        issuer=_find_issuer_name(inputs),
        subject=plan.subject or plan.implements,
        **({"clause": inputs.report.clause} if kind == "basis_duty" else {}),
    )
