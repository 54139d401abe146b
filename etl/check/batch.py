"""Checks a batch of read workbooks at once and hands each one its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from etl.catalog import Catalogue
from etl.catalog.rules import WITHOUT_EXPECTATION, Rules
from etl.check import deduplicate, history_frames, plausibility_frames, workbook_frames
from etl.check.evaluate import FrameResult, validate_frames
from etl.check.finding_builder import FindingBuilder
from etl.check.frames import ReadSubmission, RuleFrame, WorkbookArrays, open_submissions
from etl.messages import Messages
from etl.model import Finding, FindingLevel, Verdict
from etl.model.validations import RuleOutcome, SuiteOutcome


@dataclass(frozen=True)
class CheckedBatch:
    """The verdict on each workbook, in order, and what Great Expectations said of each frame of their rows."""

    verdicts: list[Verdict]
    outcomes: list[SuiteOutcome]


def check_batch(
    batch: Sequence[ReadSubmission], catalogue: Catalogue, rules: Rules, wording: Messages
) -> list[Verdict]:
    """The verdict on each workbook, in order. Raises as `validate_batch` does."""
    return validate_batch(batch, catalogue, rules, wording).verdicts


def validate_batch(
    batch: Sequence[ReadSubmission], catalogue: Catalogue, rules: Rules, wording: Messages
) -> CheckedBatch:
    """Everything that is wrong with the workbooks, found in one pass: one validation a frame.

    Raises:
        CatalogueError: a rule cannot be evaluated.
    """
    workbooks = open_submissions(catalogue, batch)
    frames = _build_frames(workbooks, catalogue)
    ruled = [rule for rule in rules.by_code.values() if rule.frame not in WITHOUT_EXPECTATION]
    results = validate_frames(ruled, frames, catalogue.thresholds)
    opened_by_number = {book.number: book for book in workbooks}
    builder = FindingBuilder(catalogue, rules, wording)
    findings: dict[int, list[Finding]] = {}
    for rule in ruled:
        for row in results[rule.frame].rows_by_code.get(rule.code, ()) if rule.frame in results else ():
            number, position, detail = frames[rule.frame].find_origin(row)
            found = builder.build_finding(rule, opened_by_number[number], position, detail)
            findings.setdefault(number, []).append(found)
    verdicts = [
        _build_verdict(builder, submission, opened_by_number.get(i), findings.get(i, []))
        for i, submission in enumerate(batch)
    ]
    return CheckedBatch(verdicts, [_count_outcome(name, frames[name], result) for name, result in results.items()])


def _count_outcome(name: str, frame: RuleFrame, result: FrameResult) -> SuiteOutcome:
    """How many rows of a frame each rule applied to and refused, and of whose workbooks those are."""
    failed = {code: Counter(frame.workbook[rows].tolist()) for code, rows in result.rows_by_code.items()}
    return SuiteOutcome(
        name,
        len(frame),
        tuple(
            RuleOutcome(code, count, failed[code].total(), failed[code])
            if code in failed
            else RuleOutcome(code, count, 0)
            for code, count in result.evaluated_by_code.items()
        ),
    )


def _build_frames(books: Sequence[WorkbookArrays], catalogue: Catalogue) -> dict[str, RuleFrame]:
    if not books:
        return {}
    return (
        workbook_frames.build_workbook_frames(books)
        | history_frames.build_history_frames(catalogue, books)
        | plausibility_frames.build_plausibility_frames(catalogue, books)
    )


def _build_verdict(
    builder: FindingBuilder, submission: ReadSubmission, book: WorkbookArrays | None, rule_findings: list[Finding]
) -> Verdict:
    if not rule_findings and not submission.read.findings:
        return Verdict(True, ())
    findings = deduplicate.merge_by_cause(builder, book, [*submission.read.findings, *rule_findings])
    own = {e.key: e.text for e in submission.read.explanations}
    findings = deduplicate.apply_explanations(builder.wording, findings, {**submission.explanations, **own})
    return Verdict(not any(f.level == FindingLevel.REFUSE for f in findings), deduplicate.sort_findings(findings))
