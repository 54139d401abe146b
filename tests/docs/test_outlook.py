from __future__ import annotations

from tests.docs.outlook import DOC, document, lines, tried
from tests.spec.sample import SIMULATED


def test_the_printed_outlook_is_current() -> None:
    assert DOC.read_text(encoding="utf-8") == document(), "run python -m tests.docs.outlook"


def test_every_heading_with_figures_says_that_they_are_simulated() -> None:
    headings = [line for line in document().splitlines() if line.startswith("## ")]
    assert len(headings) == 3
    assert all(SIMULATED in heading for heading in headings)


def test_the_back_test_looks_only_at_what_was_known() -> None:
    every = [one for target, indicator in lines() for one in tried(target, indicator)]
    assert len(every) > 30
    assert all(one.months > 0 for one in every)
