"""Whether enough places reported for an area's figure to be judged.

Room: attain. Called by `etl.attainment` on rows that have their verdict already: what a few of many sent says nothing
of the whole.
"""

from __future__ import annotations

from dataclasses import replace

from etl.attain.comparison import is_elimination_operator
from etl.model import Attainment
from etl.model.reason import build_reason


def withhold_thin_verdict(row: Attainment, least: float) -> Attainment:
    """The same row, without verdict, path and shortfall where fewer than `least` (a share) of its places are in it.

    Cases stay: what was found by a few is found, and a level that is exceeded stays exceeded. The value stays, with how
    many places it is of.
    """
    judged = row.met is not None or row.status == "within_plan"
    found = row.status == "not_met" and is_elimination_operator(row.operator)
    if not judged or found or row.present >= least * row.expected:
        return row
    reason = build_reason("reason.too_few_places", present=row.present, expected=row.expected)
    return replace(
        row, met=None, status="no_verdict", reason=reason, people_missing=None, progress=None, progress_class="",
        path_value=None, cagr_ratio=None, cagr_class="", classes_disagree=False, per_cent_of_plan=None,
        reduction_pct=None, required_yearly_change=None,
    )  # fmt: skip
