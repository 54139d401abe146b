"""The sentences of the feedback sheet. Inside the feedback room only; pure."""

from __future__ import annotations

from etl.feedback.models import FormSubmission, ResolvedFinding, UnitFeedback
from etl.messages import Messages
from etl.model import Finding
from etl.model.numbers import format_number

_MAX_ROWS = 5
_MAX_LENGTH = 170


def describe_feedback(feedback: UnitFeedback) -> str:
    """The whole sheet in a few short sentences."""
    wording = feedback.wording
    sentences = [_describe_submission_state(feedback), _describe_finding_state(feedback)]
    if feedback.scores:
        parts = [wording.format("feedback.met_of", met=s.met, count=s.of, plan=s.plan_name) for s in feedback.scores]
        sentences.append(wording.format("feedback.met", parts="; ".join(parts)))
    return " ".join(sentences)


def _describe_submission_state(feedback: UnitFeedback) -> str:
    wording = feedback.wording
    if any(one.state in {"silent", "refused"} for one in feedback.sent):
        return wording.format("feedback.incomplete", quarter=feedback.quarter)
    if all(one.state == "not_due" for one in feedback.sent):
        return wording.format("feedback.not_due", quarter=feedback.quarter)
    punctuality = wording.describe_punctuality(max(one.late_days for one in feedback.sent))
    return wording.format("feedback.received", quarter=feedback.quarter, punctuality=punctuality)


def _describe_finding_state(feedback: UnitFeedback) -> str:
    wording = feedback.wording
    if not any(count.files for count in feedback.quarters[-1:]):
        return wording.texts["feedback.unchecked"]
    done, left = sum(row.count for row in feedback.mended), len(feedback.open)
    if done and left:
        return wording.format("feedback.mended_open", done=done, left=left)
    if done:
        return wording.format("feedback.mended_all", done=done)
    return wording.format("feedback.left", left=left) if left else wording.texts["feedback.nothing_left"]


def describe_form_state(wording: Messages, one: FormSubmission) -> str:
    """How a form stands against its deadline."""
    if one.state in {"on_time", "late"}:
        return wording.describe_punctuality(one.late_days)
    return wording.texts[f"punctuality.{one.state}"]


def _format_per_cent(wording: Messages, value: float, decimals: int | None = None) -> str:
    """``0.75`` is ``75 %``."""
    return wording.format("feedback.per_cent", number=format_number(round(value * 100, 6), decimals))


def describe_on_time_share(feedback: UnitFeedback, quarters: int) -> str:
    """The share of forms on time, beside the limit."""
    wording, share = feedback.wording, feedback.on_time
    in_quarters = wording.format("feedback.in_quarters", count=quarters)
    what = in_quarters if quarters > 1 else wording.texts["feedback.in_quarter"]
    limit = _format_per_cent(wording, share.limit)
    if share.is_low is None:
        return wording.format("feedback.on_time_unknown", what=what, limit=limit)
    counts = {"part": share.part, "whole": share.whole, "share": _format_per_cent(wording, share.part / share.whole, 0)}
    state = wording.texts["feedback.low" if share.is_low else "feedback.enough"]
    return wording.format("feedback.on_time_share", what=what, state=state, limit=limit, **counts)


def describe_completeness(feedback: UnitFeedback) -> str:
    """Forms that are not full enough, beside the limit; empty where no form was accepted."""
    shares, wording = [one.cells for one in feedback.sent if one.cells], feedback.wording
    if not shares:
        return ""
    low = sum(bool(share.is_low) for share in shares)
    state = wording.format("feedback.forms_low", count=low) if low else wording.texts["feedback.enough"]
    return wording.format("feedback.completeness", state=state, limit=_format_per_cent(wording, shares[0].limit))


def describe_resolved_findings(feedback: UnitFeedback) -> list[str]:
    """What was put right, five lines at most."""
    wording = feedback.wording
    if not feedback.mendable:
        return [wording.texts["feedback.mended_unknown"]]
    if not feedback.mended:
        return [wording.texts["feedback.mended_none"]]
    shown = feedback.mended[:_MAX_ROWS] if len(feedback.mended) <= _MAX_ROWS else feedback.mended[: _MAX_ROWS - 1]
    rest = sum(row.count for row in feedback.mended[len(shown) :])
    more = [wording.format("feedback.mended_more", count=rest)] if rest else []
    return [*(_describe_resolved_finding(wording, row) for row in shown), *more]


def _describe_resolved_finding(wording: Messages, row: ResolvedFinding) -> str:
    element = row.element
    what = wording.format("feedback.mended_element", title=row.title, element=element) if element else row.title
    if row.count > 1:
        what = wording.format("feedback.mended_cells", what=what, count=row.count)
    since = wording.texts["feedback.since_quarter" if row.since_quarter else "feedback.since_file"]
    return wording.format("feedback.mended", what=what, since=since, code=row.code)


def build_open_finding_rows(feedback: UnitFeedback) -> list[tuple[str, str, str]]:
    """(sign and code, where, what is wrong) of what is still to do, five at most."""
    rows, whole_file = [], feedback.wording.texts["feedback.whole_file"]
    for finding in feedback.open[:_MAX_ROWS]:
        where = "!".join(part for part in (finding.sheet, finding.cell) if part)
        rows.append((f"{finding.level.sign} {finding.code}", where or whole_file, _shorten_message(finding)))
    return rows


def format_open_findings_title(feedback: UnitFeedback) -> str:
    """The heading of what is still to do, with how many there are when not all are shown."""
    count = len(feedback.open)
    if count > _MAX_ROWS:
        return feedback.wording.format("feedback.section_open_some", shown=_MAX_ROWS, count=count)
    return feedback.wording.texts["feedback.section_open"]


def _shorten_message(finding: Finding) -> str:
    text = " ".join(finding.message.split())
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1].rstrip()}…"
