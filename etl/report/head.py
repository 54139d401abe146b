"""The head and foot of a report: who writes, to whom, on what ground (NĐ 30/2020/NĐ-CP, Phụ lục I).

Room: report. Called by `facts`. Number, date and signature stay blank: the registry and the signer fill them.
"""

from __future__ import annotations

from typing import Any

from etl.catalog import models as m
from etl.report.dates import decree_dates, decree_parts
from etl.report.inputs import ReportInput
from etl.report.sentences import Sentences


def head(given: ReportInput, say: Sentences) -> dict[str, Any]:
    """Everything above section I."""
    office, plan, name = given.scope.office, given.plan, given.scope.office.name
    recipients, called = list(given.report.recipients), plan_name(plan)
    return {
        "parent_body": office.parent_body,
        "body": office.body,
        "office": name,
        "symbol": office.symbol,
        "place": office.place,
        "subject": say.say("head.subject", plan=called, period=given.period.name),
        "recipients": recipients,
        "bases": _bases(given, say),
        "opening": say.say("head.opening", office=name, plan=called, period=given.period.name),
        "simulated": say.texts["word.simulated"] if given.simulated else "",
        "simulated_notice": say.say("head.simulated_notice", period=given.period.name) if given.simulated else "",
    }


def plan_name(plan: m.Plan) -> str:
    """The plan as a sentence calls it: a number follows the word “số”."""
    if not plan.number or plan.number not in plan.short_title or "số" in plan.short_title:
        return plan.short_title
    return plan.short_title.replace(plan.number, f"số {plan.number}")


def foot(given: ReportInput, say: Sentences) -> dict[str, Any]:
    """Everything below section VI."""
    office, name = given.scope.office, given.scope.office.name
    return {
        "closing": say.say("head.closing", office=name, plan=plan_name(given.plan), period=given.period.name),
        "copies": list(given.report.copies),
        "archive_line": office.archive_line,
        "authority": list(office.authority),
    }


def _bases(given: ReportInput, say: Sentences) -> list[str]:
    """The grounds in the decree's form: each line ends with a semicolon, the last with a full stop."""
    plan = given.plan
    found = [say.say("head.basis", ground=decree_dates(parent.rstrip(".;"))) for parent in plan.parents]
    found.append(_plan_as_ground(given, say))
    if given.report.basis == "source":
        found.append(say.say("head.basis_duty", clause=given.report.clause, plan=plan_name(plan)))
    return [f"{line};" for line in found[:-1]] + [f"{found[-1]}."]


def _plan_as_ground(given: ReportInput, say: Sentences) -> str:
    """The plan itself. A number or date that the source leaves blank stays blank, to be filled by hand."""
    plan = given.plan
    issuer = given.catalogue.actors.get(plan.issuer)
    blank = not plan.number or plan.number.startswith("/")
    return say.say(
        "head.basis_draft" if plan.status == "draft" else "head.basis_plan",
        number=(say.texts["head.number_blank"] if blank else "") + plan.number,
        date=say.say("head.date", **decree_parts(plan.date)) if plan.date else say.texts["head.date_blank"],
        issuer=issuer.name if issuer else plan.issuer,
        subject=plan.implements,
    )
