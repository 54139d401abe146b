"""Checks a batch of read workbooks at once and hands each one its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from etl.catalog import Catalogue
from etl.catalog.rules import WITHOUT_EXPECTATION, Rules
from etl.check import causes, columns, history
from etl.check.evaluate import failures
from etl.check.frames import Opened, Submitted, open_all
from etl.check.words import Speaker
from etl.model import Finding, Level, Verdict


def check(batch: Sequence[Submitted], catalogue: Catalogue, rules: Rules) -> list[Verdict]:
    """The verdict on each workbook, in order. Everything wrong is found in one pass.

    Raises:
        CatalogueError: a rule cannot be evaluated.
    """
    books = open_all(catalogue, batch)
    found = _found(books, catalogue, rules)
    opened = {book.number: book for book in books}
    speaker = Speaker(catalogue, rules)
    return [_verdict(speaker, given, opened.get(i), found.get(i, [])) for i, given in enumerate(batch)]


def _found(books: Sequence[Opened], catalogue: Catalogue, rules: Rules) -> dict[int, list[Finding]]:
    """What the rules find, by workbook."""
    if not books:
        return {}
    frames = columns.frames(catalogue, books) | history.frames(catalogue, books)
    ruled = [rule for rule in rules.by_code.values() if rule.frame not in WITHOUT_EXPECTATION]
    failed = failures(ruled, frames)
    opened = {book.number: book for book in books}
    speaker = Speaker(catalogue, rules)
    found: dict[int, list[Finding]] = {}
    for rule in ruled:
        for row in failed.get(rule.code, ()):
            number, position, detail = frames[rule.frame].origin(row)
            found.setdefault(number, []).append(speaker.finding(rule, opened[number], position, detail))
    return found


def _verdict(speaker: Speaker, given: Submitted, book: Opened | None, found: list[Finding]) -> Verdict:
    if not found and not given.read.findings:
        return Verdict(True, ())
    findings = causes.collapsed(speaker, book, [*given.read.findings, *found])
    own = {(e.code, e.org_unit_code, e.data_element, e.value.strip()): e.text for e in given.read.explanations}
    findings = causes.explained(findings, {**given.explained, **own})
    return Verdict(not any(f.level == Level.REFUSE for f in findings), causes.ordered(findings))
