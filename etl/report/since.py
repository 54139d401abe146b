"""What changed since the report before: verdicts that turned, figures that clearly moved.

Room: report. Called by `facts`. Both are as known at this report's snapshot, so that nothing which units sent
later to the earlier period reads as a change.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from etl.model.numbers import printed
from etl.report.dates import reported_before
from etl.report.figures import Figure, build_figures
from etl.report.inputs import ReportInput
from etl.report.numbers import adding_up, number
from etl.report.results import with_points, with_unit
from etl.report.sentences import Sentences

_GOOD, _BAD = {"met", "within_plan"}, {"not_met", "over_plan"}
_MOVES = {"increase", "decrease"}
_SILENT = {"no_data", "no_new_figure"}
_TURNS = (
    ("since.better", _BAD, _GOOD),
    ("since.worse", _GOOD, _BAD),
    ("since.now_known", _SILENT, _GOOD | _BAD),
    ("since.now_unknown", _GOOD | _BAD, _SILENT),
)


def title(given: ReportInput, say: Sentences, place: int) -> str:
    """The heading, numbered after the plan's groups."""
    return say.say("since.title", number=place, last=reported_before(given.period).name)


def sentences(given: ReportInput, say: Sentences) -> list[str]:
    """What section II says of the time since the report before."""
    before, last_year = reported_before(given.period), given.period.same_period_last_year
    last = before.name
    if not any(row.unit == given.area and row.value is not None for row in given.last):
        return [say.say("since.first", last=last)]
    moved = build_figures(replace(given, previous=given.last), say)
    stood = build_figures(replace(given, attainments=given.last, previous=()), say)
    pairs = [(now, then) for now in moved.of_unit(given.area) if (then := stood.at(now["item"], given.area))]
    turned = [line for turn in _TURNS if (line := _turned(say, pairs, *turn))]
    lines = turned or [say.say("since.same_verdicts", last=last)]
    if last_year == before:
        return lines  # each figure's own sentence compares it with this very period
    moves = [_moved(given, say, now) for now, _ in pairs if now["change"]["kind"] in _MOVES and _goes_on(given, now)]
    return [*lines, say.say("since.moves" if moves else "since.no_moves", last=last), *moves]


def _turned(
    say: Sentences, pairs: list[tuple[Figure, Figure]], name: str, before: set[str], after: set[str]
) -> str | None:
    those = [now["name"] for now, then in pairs if then["status"] in before and now["status"] in after]
    return say.say(name, count=printed(len(those)), names="; ".join(those)) if those else None


def _goes_on(given: ReportInput, figure: Figure) -> bool:
    """Whether a figure may be set beside that of another stretch: what adds up through the year may not."""
    indicator = given.catalogue.indicators.get(figure["indicator"])
    return indicator is not None and not indicator.accumulates


def _moved(given: ReportInput, say: Sentences, figure: Figure) -> str:
    """The move and what it was between, all three as fine as it takes for them to add up in print."""
    then, now = Fraction(figure["previous"]["exact"]), Fraction(figure["value"]["exact"])
    decimals, move = adding_up(then, now, figure["value"]["decimals"])
    before, after = (with_unit(given, figure, number(value, decimals)["text"]) for value in (then, now))
    delta = with_points(given, say, figure, number(move, decimals))
    return say.say(f"since.{figure['change']['kind']}", name=figure["name"], delta=delta, before=before, after=after)
