"""The annual report's path: where each target stands on the way to its next milestone, and where it goes.

Room: report. Called by `facts`; prints what attainment computed, counts classes, computes nothing else.
"""

from __future__ import annotations

from typing import Any

from etl.model.numbers import printed
from etl.report.dates import belongs_to
from etl.report.figures import Figure, Figures
from etl.report.inputs import ReportInput
from etl.report.results import ELIMINATIONS
from etl.report.sentences import Sentences

Row = dict[str, Any]
_CLASSES = ("on_track", "maintain", "needs_acceleration", "limited", "moving_away")
_MET = {"met", "within_plan"}


def path_rows(given: ReportInput, figures: Figures) -> list[Row]:
    """Every target with a path to its next milestone, or a change that it still needs. Grain: target."""
    return [
        {"item": figure["item"], "title": figure["title"], "unit": given.area}
        for figure in figures.of_unit(given.area)
        if figure["path_value"]["value"] is not None
        or figure["progress_class"]
        or figure["required_yearly_change"]["value"] is not None
    ]


def title(say: Sentences, number: int) -> str:
    """The heading, numbered after what goes before it in section II."""
    return say.say("path.title", number=number)


def horizons(given: ReportInput, figures: Figures) -> list[str]:
    """The years that something can be foreseen of, oldest first; one that is over has its results instead."""
    foreseen = (ahead for figure in figures.of_unit(given.area) for ahead in figure["outlook"])
    return sorted({ahead["year"] for ahead in foreseen if ahead["value"]["value"] is not None})


def outlook_rows(given: ReportInput, figures: Figures) -> list[Row]:
    """Every target that something can be foreseen of, in at least one year. Grain: target."""
    return [
        {"item": figure["item"], "title": figure["title"], "unit": given.area}
        for figure in figures.of_unit(given.area)
        if any(ahead["value"]["value"] is not None for ahead in figure["outlook"])
    ]


def sentences(given: ReportInput, say: Sentences, figures: Figures) -> list[str]:
    """What section II says of the path and the outlook."""
    mine = list(figures.of_unit(given.area))
    found = [*_standing(say, mine), *_foreseen(given, say, figures, mine)]
    return found or [say.say("path.none")]


def _standing(say: Sentences, mine: list[Figure]) -> list[str]:
    """Who has reached the next milestone and how the others stand to their path, each target once."""
    found = []
    for year in sorted({f["target_period"] for f in mine if f["status"] in _MET}):
        there = [f for f in mine if f["status"] in _MET and f["target_period"] == year]
        found.append(say.say("path.met", year=belongs_to(year), count=printed(len(there)), names=_items(there)))
    for kind in _CLASSES:
        under_way = [f for f in mine if f["status"] not in _MET and f["progress_class"] == kind]
        if under_way:
            told = {"count": printed(len(under_way)), "names": _items(under_way)}
            state = say.texts[f"progress.{kind}"]
            found.append(
                say.say("path.maintain", **told) if kind == "maintain" else say.say("path.class", state=state, **told)
            )
    open_ = (f for f in mine if f["status"] == "not_met" and f["operator"] not in ELIMINATIONS)
    unjudged = [f for f in open_ if not f["progress_class"] and f["reason"]]
    if unjudged:
        found.append(say.say("path.no_progress", parts=_reasons(say, [(f["reason"], f) for f in unjudged])))
    return found


def _foreseen(given: ReportInput, say: Sentences, figures: Figures, mine: list[Figure]) -> list[str]:
    found = []
    for year in horizons(given, figures):
        ahead = [(f, a) for f in mine for a in f["outlook"] if a["year"] == year and a["chance"]]
        chances: dict[str, list[Figure]] = {}
        for _, projected in sorted(ahead, key=lambda pair: -pair[1]["probability"]["value"]):
            chances[projected["chance"]] = [f for f, a in ahead if a["chance"] == projected["chance"]]
        if chances:
            parts = [
                say.say("path.chance", chance=chance, count=printed(len(those)), names=_items(those))
                for chance, those in chances.items()
            ]
            found.append(say.say("path.outlook", year=year, parts="; ".join(parts)))
    if outlook_rows(given, figures):
        found.append(say.say("path.method"))
    silent = [f for f in mine if f["outlook"] and all(ahead["value"]["value"] is None for ahead in f["outlook"])]
    if silent:
        reasons = _reasons(say, [(f["outlook"][-1]["reason"], f) for f in silent])
        found.append(say.say("path.no_outlook", parts=reasons))
    return found


def _reasons(say: Sentences, pairs: list[tuple[str, Figure]]) -> str:
    """Each reason once, with the targets that it holds for."""
    found: dict[str, list[Figure]] = {}
    for reason, figure in pairs:
        found.setdefault(reason, []).append(figure)
    return "; ".join(say.say("path.reason", reason=reason, items=_items(those)) for reason, those in found.items())


def _items(figures: list[Figure]) -> str:
    return ", ".join(dict.fromkeys(str(figure["item"]) for figure in figures))
