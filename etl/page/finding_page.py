"""Findings: by code, unit, level and period; what waits for a unit's explanation; and what every rule said."""

from __future__ import annotations

from collections import defaultdict

from etl.catalog.rules import load_rules
from etl.errors import CatalogueError
from etl.page.page_rendering import PageDesk, count_pages, render_page
from etl.steps.shell import render_period_data_docs
from etl.warehouse import page_views
from etl.warehouse.page_views import FindingFilter


def show_findings(desk: PageDesk, asked: FindingFilter, page: int) -> str:
    """Findings counted by code and by period, and one page of them."""
    with desk.open_reader() as conn:
        codes = page_views.fetch_finding_codes(conn, asked)
        periods = page_views.fetch_finding_periods(conn, asked.scope)
        rows = page_views.fetch_findings(conn, asked, page)
    total = sum(row.findings for row in codes)
    over_time: dict[str, dict[str, int]] = defaultdict(dict)
    for row in periods:
        over_time[row.period][row.level] = row.findings
    return render_page(
        desk,
        "findings.html",
        for_engineers=True,
        asked=asked,
        codes=codes,
        titles=_read_rule_titles(desk),
        over_time=dict(over_time),
        rows=rows,
        total=total,
        page=page,
        pages=count_pages(total),
    )


def show_data_docs(scope: str, period: str) -> str:
    """What Great Expectations said of a period's workbooks and views, as a page of its own.

    Raises:
        UsageError: no such scope or period.
    """
    return render_period_data_docs(scope, period)[0]


def _read_rule_titles(desk: PageDesk) -> dict[str, str]:
    """What each code is called; nothing where the rules cannot be read."""
    try:
        return {code: rule.title for code, rule in load_rules(desk.settings.expectations).by_code.items()}
    except CatalogueError:
        return {}
