"""A hundred worlds from chance: no report contradicts itself, and no figure is without the time that it covers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.messages import load_messages
from etl.model import Period
from etl.report.facts import build_facts
from etl.report.figure_facts import Figure
from etl.report.number_facts import MAX_DECIMALS
from etl.report.path_state import JUDGED_STATES
from etl.report.report_facts import ReportFacts, serialize_facts
from etl.report.section_facts import FigureRow, GroupRow, StatementRow
from etl.report.unit_results import MAX_UNIT_NAMES, MIN_COMPARED
from tests.report.conftest import CASES, ROOT, TEMPLATES
from tests.report.samples import crowd, list_worlds, nobody, part_only, sample

SEEDS = range(1, 11)
NOTHING_SAID = re.compile(
    r"(?<![\d.,])0+ (?:chỉ tiêu|nhiệm vụ|nội dung|kiến nghị|đơn vị|lượt|đã|chậm|đúng|cần)|: *[.;]|\(\)|\bNone\b|: ,"
)
"""A list without entries, a counted nothing."""
MISSPELT = re.compile(
    r"\.\.|[,;:]{2}|\s[,;.:](?:\s|$)|  |[{}]|\(\s|\s\)|\b(cấp|chỉ tiêu|đơn vị|năm|quý|tỉnh|và|của) \1\b", re.IGNORECASE
)
"""Signs that stand twice or apart from their word, a slot that nobody filled, a word said twice."""
WORLDS = list(dict.fromkeys((*CASES, *list_worlds(load_catalogue(ROOT / "catalog"), date(2026, 9, 30)))))
"""The cases of the other tests; of every scope, plan and cadence the first and the last period that there is."""
MAKERS_WORDS = re.compile(
    r"trong nguồn|\bNQ \d|Tất cả 0?1 |biểu mẫu (?:chưa|không)|(?:có|được|trong) biểu (?:mẫu|báo cáo)|danh mục (?:không|hoặc)"
    r"|cấu hình|hệ thống số liệu|kho số liệu|trong tệp|\b\d\d-(?!CT|KH|NQ)[A-Z]{2,}",
    re.IGNORECASE,
)
"""Words of those who made the catalogue and the forms, an act by letters alone, “all” of one, a unit by its code."""
END_OF_STRETCH = re.compile(r"đến (?:hết )?[69] tháng")
"""A day is until the end of September, not until nine months."""
OTHER_DATE = re.compile(r"\b\d{1,2}/0[3-9]/\d{4}|\b\d/\d{1,2}/\d{4}|\b\d{1,2}/[12]/\d{4}")
"""Dates otherwise than NĐ 30/2020 has them: 01/7/2025, 02/02/2025."""
STATES = {"reached", "on_path", "hasten", "slow", "not_due", "redefined"}


@pytest.fixture(scope="module")
def worlds(catalogue: Catalogue) -> Callable[[tuple[str, str, str]], Iterator[ReportFacts]]:
    wording = load_messages(TEMPLATES)

    def build(case: tuple[str, str, str]) -> Iterator[ReportFacts]:
        for seed in SEEDS:
            given = sample(catalogue, *case, seed=seed)
            area = catalogue.find_unit(given.area, given.period.end)
            adapted = wording.adapt_to_level(area.level if area else "")
            yield build_facts(given, adapted)
        yield build_facts(nobody(sample(catalogue, *case)), adapted)
        yield build_facts(part_only(sample(catalogue, *case)), adapted)
        for everybody in (False, True):
            yield build_facts(crowd(sample(catalogue, *case), everybody=everybody), adapted)

    return build


def sentences(facts: ReportFacts) -> Iterator[str]:
    """Everything that is said in words, apart from what units wrote."""
    page = facts.first_page
    yield from (page.result, *page.highlights, page.units.sentence, page.followed, page.reported)
    yield from (*facts.situation, *facts.summary, *facts.since.sentences, *facts.outlook.sentences)
    yield from (*facts.units.sentences, *facts.tasks.sentences, facts.notes.sentence, *facts.directions.sentences)
    yield from (line for group in facts.lines for line in group.lines)
    yield from (note.text for note in facts.data_notes)


def cells(facts: ReportFacts) -> Iterator[str]:
    """What the tables say in words of ours: statements, states, verdicts, heads and titles of pictures."""
    for row in facts.rows:
        if isinstance(row, StatementRow):
            yield from (row.statement, row.state or "")
    yield from (figure.status_text for figure in facts.list_figures())
    yield from (task.situation for task in facts.tasks.listed)
    yield from (text for picture in facts.pictures.drawn for text in (picture.title, picture.caption))


def check_counted_rows(facts: ReportFacts) -> None:
    """A reader who adds up the numbered rows of annex I without heads and doubles has the number that the text says."""
    double, heading = re.compile(r"\((?:trùng|cùng nội dung) với mục"), load_messages(TEMPLATES).texts["status.heading"]
    rows = [row for row in facts.rows if not isinstance(row, GroupRow) and row.number and row.reported]
    found = {row.item: figure for row in rows if (figure := facts.find_figure(row.item, row.unit))}
    counted = [row for row in rows if not double.search(row.title) and found[row.item].status_text != heading]
    total = re.search(r"trong (\d+) chỉ tiêu", facts.first_page.result)
    assert len(counted) == (int(total[1]) if total else 0)
    printed = {row.number for row in rows}
    assert all(
        item in printed for row in rows for item in re.findall(r"(?:trùng|cùng nội dung) với mục ([^,]+),", row.title)
    )
    same = [(row, re.search(r"\(trùng với mục ([^,]+),", row.title)) for row in rows if isinstance(row, FigureRow)]
    assert all(row.state == (f"Như mục {found[1]}" if found else "") for row, found in same), "one thing, one verdict"


def area_figures(facts: ReportFacts) -> list[Figure]:
    return [figure for figure in facts.list_figures() if figure.unit == facts.area.unit]


@pytest.mark.parametrize("case", WORLDS, ids="-".join)
def test_no_report_of_ten_worlds_contradicts_itself(
    worlds: Callable[[tuple[str, str, str]], Iterator[ReportFacts]], case: tuple[str, str, str]
) -> None:
    for facts in worlds(case):
        said = [text for text in sentences(facts) if text]
        assert not [text for text in said if NOTHING_SAID.search(text) or MISSPELT.search(text)]
        assert not [text for text in said if re.search(r"[<>≤≥]\d|lũy kế 12 tháng", text)]
        assert not [text for text in said if text[-1] not in ".:;" or MAKERS_WORDS.search(text)]
        assert len(said) - 1 == len(set(said)), (
            "nothing is said twice in the same words but the result, on the first page"
        )
        for figure in facts.list_figures():
            check_covered_period(facts, figure)
        counted = [figure for figure in area_figures(facts) if figure.counted]
        assert sum(facts.status_counts.values()) == len(counted)
        for figure in area_figures(facts):
            check_one_figure(facts, figure)
        assert not [text for text in cells(facts) if MAKERS_WORDS.search(text) or END_OF_STRETCH.search(text)]
        check_counted_rows(facts)
        check_weakest_units(facts)
        check_extremes(facts)
        check_verbs(facts)
        check_named_once(facts)
        check_older_lines(facts)
        check_silence(facts)
        check_compared_units(facts)
        check_abbreviations(facts, " ".join(said))
        assert not [text for text in said if OTHER_DATE.search(text)], "one way to write a date"
        check_coverage_notes(facts)
        check_uncollected(facts)
        if facts.head.office == "Bộ Y tế":
            assert not re.search(r"\d đơn vị", " ".join(said)), "the nation's units are provinces"
        points = [text for text in facts.directions.sentences if re.match(r"\d+\. ", text)]
        assert len(points) != 1, "a list of one"
        late = {row.unit_name for row in facts.submissions if row.state == "accepted" and row.late_days > 0}
        on_time = any("đúng thời hạn" in text for text in facts.situation)
        assert not (late and on_time), "all in time, and somebody late"
        assert len(facts.first_page.rows) <= 12 and len(facts.first_page.units.rows) <= 10


def check_weakest_units(facts: ReportFacts) -> None:
    """Nobody is named as the weakest while another stands as low, and as far from the targets, and is passed over in
    silence; by few judged targets nobody is ranked at all; a highest and a lowest that are all units are none."""
    page, scores = facts.first_page.units, facts.units.scores
    ranks = sorted((Fraction(s.met, s.of), s.distance.fraction or Fraction(0)) for s in scores)
    if page.sentence:
        named = len(re.findall(r"\(\d+/\d+\)", page.sentence))
        tied = sum(map(int, re.findall(r"(\d+) (?:đơn vị|tỉnh, thành phố) cùng đạt", page.sentence)))
        assert named + tied == len([rank for rank in ranks if rank <= ranks[:3][-1] and rank < ranks[-1]])
        assert named <= MAX_UNIT_NAMES
    said = [line for line in facts.units.sentences if not line.startswith("- ")]
    if max((score.of for score in scores), default=0) < MIN_COMPARED:
        assert not page.rows and not page.sentence
        assert not [line for line in said if re.search(r"cao nhất|như nhau|đều đạt|chỉ tiêu nào", line)]
    for line in said:
        if "cao nhất: " in line:
            assert len({share for share, _ in ranks}) > 2, line


def check_extremes(facts: ReportFacts) -> None:
    """The best and the weakest stand in the best and the worst state that there is: one yardstick for both."""
    judged = [figure for figure in area_figures(facts) if figure.counted and figure.path_state in JUDGED_STATES]
    states = ["slow", "hasten", "on_path", "reached"]
    ends = {"Kém nhất": min, "Tốt nhất": max}
    for line in facts.first_page.highlights:
        if line[:8] in ends:
            assert len(judged) >= MIN_COMPARED
            told = [figure for figure in judged if f"({figure.item})," in line]
            end = ends[line[:8]](states.index(figure.path_state) for figure in judged)
            assert told and {figure.path_state for figure in told} == {states[end]}, line
            if " theo % mục tiêu" in line:
                assert len({figure.target_period for figure in told}) == 1, "no two years side by side"
    if len(area_figures(facts)) > 0 and not judged and any(f.path_state == "not_due" for f in area_figures(facts)):
        short = [f for f in area_figures(facts) if f.counted and f.path_state == "not_due" and f.covers.kind != "older"]
        assert not any((f.distance.value or 0) < 0 for f in short) or facts.first_page.highlights


def check_verbs(facts: ReportFacts) -> None:
    """The first page and section VI ask for the same thing in the same words."""
    verbs = {"slow": "Tập trung khắc phục", "hasten": "Đẩy nhanh tiến độ"}
    figures = {figure.item: figure for figure in area_figures(facts)}
    for action in facts.first_page.actions:
        for item, figure in figures.items():
            if figure.path_state in verbs and action.what.endswith(f"({item})"):
                verb = verbs[figure.path_state]
                assert action.what.startswith(verb)
                assert [line for line in facts.directions.sentences if f"{verb} các" in line and f"({item})" in line]


def check_named_once(facts: ReportFacts) -> None:
    """Units that sent nothing are named where that is said, and nowhere else by the dozen; who sent a part is not called
    one who sent nothing."""
    names = sorted({row.unit_name for row in facts.submissions}, key=len, reverse=True)
    page = facts.first_page
    for text in (page.reported, *(action.who for action in page.actions), *facts.directions.sentences):
        for sentence in text.split(". "):
            assert count_names(sentence, names) <= MAX_UNIT_NAMES, sentence
    silent = [text for text in facts.situation if text.startswith("Chưa gửi báo cáo")]
    assert not [text for text in silent if re.search(r"\((?:quý|tháng)", text)], (
        "a period is said once, not of each unit"
    )
    if any("báo cáo của đơn vị nào" in text for text in facts.situation):
        assert not any(row.state == "accepted" for row in facts.submissions)


def count_names(text: str, names: list[str]) -> int:
    """How many units a text names; a name within a longer one is not counted again."""
    found = 0
    for name in names:
        found += text.casefold().count(name.casefold())
        text = re.sub(re.escape(name), "", text, flags=re.IGNORECASE)
    return found


def check_older_lines(facts: ReportFacts) -> None:
    """What is not due is not called judged, and each reason for an older figure is one line."""
    lines = [line for group in facts.lines for line in group.lines if "gần nhất" in line]
    kinds = [line.partition(" (")[0] for line in lines]
    assert len(kinds) == len(set(kinds))
    for figure in area_figures(facts):
        told = [line for line in lines if f"({figure.item})" in line]
        if figure.path_state == "not_due":
            assert not [line for line in told if line.startswith("- Đánh giá")]


def check_silence(facts: ReportFacts) -> None:
    """Who was not heard has not said that there is nothing, and what is not known has not stayed the same."""
    if not any(row.state == "accepted" for row in facts.submissions):
        assert "không nêu khó khăn" not in facts.notes.sentence
    if not any(
        f.change.kind in {"increase", "decrease", "same", "unclear"} or f.covers.kind not in {"none", "older"}
        for f in area_figures(facts)
    ):
        assert not [text for text in facts.since.sentences if "không có thay đổi rõ" in text]
    if not any(f.counted and f.covers.kind not in {"none", "older"} for f in area_figures(facts)):
        assert not [text for text in facts.summary if "để so sánh" in text]
    if not any(f.value.value is not None for f in area_figures(facts)):
        assert not [text for text in facts.summary if "Số liệu đến hết" in text]
    ever = {
        figure.item
        for figure in facts.list_figures()
        if figure.unit != facts.area.unit and figure.kind != "not_assessed"
    }
    if ever and facts.submissions and all(row.state == "silent" for row in facts.submissions):
        assert not [text for text in facts.units.sentences if "Kế hoạch không có chỉ tiêu" in text]
        assert not [
            text for text in (facts.first_page.reported, *facts.directions.sentences) if "nêu tại mục I" in text
        ]


def check_compared_units(facts: ReportFacts) -> None:
    """Units are compared where they differ: a best and a weakest in print, no table of one nor of many equals, no
    column twice."""
    for text in facts.units.sentences:
        if ends := re.search(r"(?:cao nhất|tốt nhất \(thấp nhất\)) (\S+) .*(?:thấp nhất|cao nhất) (\S+) \(", text):
            assert ends[1] != ends[2], text
    ranks = {(Fraction(score.met, score.of), score.distance.exact) for score in facts.units.scores}
    if len(facts.units.scores) < 2 or (len(ranks) < 2 and len(facts.units.scores) > 8):
        assert not facts.first_page.units.rows
    columns = [column.item for block in facts.units.blocks for column in block]
    doubles = {facts.figures[item][facts.area.unit].duplicate_of for item in columns} - {""}
    assert not doubles.intersection(columns)


def check_abbreviations(facts: ReportFacts, said: str) -> None:
    """What stands for several words is explained, once."""
    explained = re.findall(r"(?:Chữ viết tắt: |; )([A-ZĐ]{2,}): ", said)
    used = set(re.findall(r"\b(?:BHYT|CSBĐ|KCB|KTSK|NS|NVYT|QLSK|SDD|TTYT|TYT|YHCT)\b", said))
    assert used <= set(explained) and len(explained) == len(set(explained))


def check_coverage_notes(facts: ReportFacts) -> None:
    """What holds for several targets is said once, with all of their numbers."""
    said = [note.text.rpartition(": chỉ tiêu ")[0] for note in facts.data_notes if note.kind == "partial"]
    assert len(said) == len(set(said))


def check_uncollected(facts: ReportFacts) -> None:
    """As many rows of annex I are called not collected as the text counts."""
    texts = load_messages(TEMPLATES).texts
    word = texts["status.not_collected"]
    figures = {figure.item: figure for figure in area_figures(facts) if figure.counted}
    rows = [row for row in facts.rows if not isinstance(row, GroupRow) and row.item in figures]
    stated = {row.item: row.state for row in rows if isinstance(row, StatementRow)}
    called = sum((stated.get(row.item) or figures[row.item].status_text) == word for row in rows)
    told = re.search(r"(\d+) mục tiêu chưa có trong chế độ báo cáo", facts.first_page.result)
    assert called == (int(told[1]) if told else 0)


def check_covered_period(facts: ReportFacts, figure: Figure) -> None:
    """Each figure says what time it is of; only one without a value is of none; an older one is called so."""
    covers = figure.covers
    assert (covers.kind == "none") == (figure.value.value is None)
    if covers.kind == "none":
        return
    period = Period.parse(facts.period.key)
    assert covers.text and covers.start <= covers.end
    assert (covers.kind == "older") == (covers.end != period.end.isoformat())
    if covers.kind == "to_date":
        whole = period.end.month == 12  # twelve months since January are the year
        assert covers.text.startswith(f"năm {period.year}" if whole else "lũy kế ")
        assert covers.start == f"{period.year}-01-01"
    if figure.in_quarter:
        assert facts.period.cadence == "quarter" and covers.kind in {"to_date", "whole"}
        assert bool(figure.in_quarter.reason) == (figure.in_quarter.counted.value is None)


def check_one_figure(facts: ReportFacts, figure: Figure) -> None:
    """The pairs of statements on one figure that must not stand in one document."""
    told = [line for group in facts.lines for line in group.lines if f"({figure.item})" in line or figure.name in line]
    assert len([line for line in told if line.startswith(f"- {figure.name}:")]) <= 1
    if figure.duplicate_of:
        assert figure.value.text == facts.figures[figure.duplicate_of][figure.unit].value.text, "one figure, one print"
    assert figure.status != "no_verdict" or figure.plan_share.value is None, "no share of what is not compared"
    if figure.kind == "per_unit":
        assert all("tại từng đơn vị" in line for line in told if "mục tiêu năm" in line)
        rows = [row for row in facts.first_page.rows if row.item == figure.item and figure.unit == facts.area.unit]
        assert all(row.target.startswith(f"{figure.written} tại từng đơn vị (") for row in rows)
    if figure.plan_share.exact == figure.value.exact:
        assert figure.plan_share.text == figure.value.text or figure.value.value is None, "one number, one print"
    elif figure.plan_share.value is not None and figure.plan_share.decimals < MAX_DECIMALS:
        assert parse_printed(figure.plan_share.text) != 100 or figure.plan_share.value == 100
    check_printed_level(figure)
    check_told_verdict(figure, [line for line in told if line.startswith(f"- {figure.name}:")])
    assert figure.value.value is not None or not any(f"({figure.item})" in text for text in facts.outlook.sentences)
    judged = figure.status in {"met", "not_met", "within_plan", "over_plan"}
    assert (figure.path_state in STATES) == judged
    assert (figure.path_state == "reached") == (figure.status == "met")
    if figure.status == "met":
        assert figure.missing.value is None and figure.apart.value is None
    if figure.change.kind in {"increase", "decrease"}:
        before, now = figure.change.before.get_fraction(), figure.change.now.get_fraction()
        assert (now > before) == (figure.change.kind == "increase")
        check_printed_change(figure)
    elif figure.change.kind in {"carried", "other_units", "broken", "no_previous"}:
        assert figure.change.delta.value is None and figure.change.per_cent.value is None
    if figure.interval and figure.value.exact:
        assert facts.find_figure(figure.item, figure.unit) is figure


def check_told_verdict(figure: Figure, told: list[str]) -> None:
    """What is behind says by which level; what is not judged yet is not called short of anything."""
    for line in told:
        if figure.path_state in {"not_due", "redefined"}:
            assert not re.search("còn thiếu|còn cao hơn|, thấp hơn|, cao hơn", line), line
        if figure.path_state in {"hasten", "slow"} and figure.target_period > figure.period:
            assert re.search("mức theo lộ trình|chưa đạt mức|mức phân kỳ|công nhận", line), line
        if figure.path_basis == "way" and figure.path_state in {"hasten", "slow"}:
            assert figure.path_value.text in line and figure.path_value.text != figure.value.text
    if figure.last_known and figure.shown_status == "part_only":  # what came of the period goes before it
        assert figure.in_quarter is not None
    else:
        assert figure.last_known is None or (
            figure.shown_status == "no_new_figure" and figure.last_known.covers in figure.printed
        )


def check_printed_level(figure: Figure) -> None:
    """A figure that misses its level does not print as that level, nor a share of most as one of all."""
    if figure.value.value is None or figure.value.decimals == MAX_DECIMALS:
        return
    shown = parse_printed(figure.value.text)
    if (
        figure.status == "not_met"
        and figure.target.exact
        and figure.value.get_fraction() != figure.target.get_fraction()
    ):
        assert shown != figure.target.get_fraction(), figure.name
    top, bottom = figure.numerator.fraction, figure.denominator.fraction
    if top is not None and bottom and figure.value.get_fraction() == top / bottom * 100 and shown in {0, 100}:
        assert figure.value.get_fraction() == shown, figure.name


def check_printed_change(figure: Figure) -> None:
    """The change that is printed is that between the two figures that are printed beside it."""
    before, now, delta = (parse_printed(n.text) for n in (figure.change.before, figure.change.now, figure.change.delta))
    assert delta == figure.change.delta.get_fraction() > 0, "a rise of nothing"
    if figure.change.before.decimals == figure.change.now.decimals:
        assert abs(now - before) == delta
    assert abs(abs(now - before) - delta) < Fraction(
        1, 10 ** min(figure.change.before.decimals, figure.change.now.decimals)
    )


def parse_printed(text: str) -> Fraction:
    return Fraction(text.replace(".", "").replace(",", "."))


def test_each_figure_prints_alike_in_all_documents_of_two_years(catalogue: Catalogue) -> None:
    """As itself, as last year's, as a point of a series, under each target that asks for it: one figure, one print."""
    wording = load_messages(TEMPLATES)
    prints: dict[tuple[str, Fraction], set[str]] = {}
    targets = {target.item: target for target in catalogue.plans["kt-1693"].targets}
    for key in ("2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024", "2025Q1"):
        given = sample(catalogue, "kon-tum", "kt-1693", key)
        facts = build_facts(given, wording)
        values = {a.item: a.value for a in given.previous if a.unit == given.area and a.value is not None}
        for figure in area_figures(facts):
            if figure.value.exact:
                prints.setdefault((figure.indicator, figure.value.get_fraction()), set()).add(figure.value.text)
            if figure.item in values and figure.previous.exact:
                prints.setdefault((figure.indicator, values[figure.item]), set()).add(figure.previous.text)
        for picture in facts.pictures.drawn:
            for panel in picture.shows if isinstance(picture.shows, tuple) else ():
                for point in panel.points:
                    indicator = targets[panel.item].indicator or ""
                    prints.setdefault((indicator, point.value.get_fraction()), set()).add(point.value.text)
    assert len(prints) > 100
    assert {key: found for key, found in prints.items() if len(found) > 1} == {}


def test_the_quarters_add_up_to_the_year_to_date(catalogue: Catalogue) -> None:
    """What the third quarter brought, and what there was before it, is what the report prints as nine months."""
    given = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    area = {a.item: a for a in given.attainments if a.unit == given.area}
    last = tuple(
        replace(a, numerator=a.numerator - 8) if a.item == "15.1" and a.numerator is not None else a
        for a in area.values()
    )
    facts = build_facts(replace(given, last=last), load_messages(TEMPLATES))
    figure = facts.figures["15.1"][given.area]
    assert figure.in_quarter is not None and figure.in_quarter.text == "8 ca"
    assert figure.covers.text == "lũy kế 9 tháng năm 2024"
    line = next(line for group in facts.lines for line in group.lines if "15.1" in line)
    assert f"lũy kế 9 tháng năm 2024 là {figure.numerator.text} ca" in line and "(trong quý: 8 ca)" in line
    other = replace(given, last=tuple(replace(a, present=a.present - 1) for a in last))
    part = build_facts(other, load_messages(TEMPLATES)).figures["15.1"][given.area].in_quarter
    assert part is not None and part.counted.value is None and part.reason


def test_a_quarter_with_a_silent_unit_is_told_over_the_units_that_reported(catalogue: Catalogue) -> None:
    """Nine of ten units: what they had by June leaves what they had by September; the tenth is in neither."""
    given = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    rows = {a.unit: a for a in given.attainments if a.item == "15.1"}
    parts = [a for a in rows.values() if a.unit != given.area and a.numerator is not None]
    silent = next(a for a in rows.values() if a.unit != given.area and a.numerator is None)
    then = [replace(a, numerator=a.numerator - 1) for a in parts if a.numerator]
    then += [a for a in parts if not a.numerator]
    heard = replace(silent, numerator=Fraction(100), denominator=Fraction(5_000), present=1)
    area = rows[given.area]
    whole = replace(area, numerator=Fraction(1_000), present=area.present + 1)
    figure = build_facts(replace(given, last=(whole, heard, *then)), load_messages(TEMPLATES)).figures["15.1"][
        given.area
    ]
    moved = sum(1 for a in parts if a.numerator)
    assert figure.in_quarter is not None and figure.in_quarter.text == f"{moved} ca" and 0 < moved < 10
    one_more_silent = (whole, heard, *then[1:], replace(then[0], numerator=None, denominator=None, present=0))
    part = build_facts(replace(given, last=one_more_silent), load_messages(TEMPLATES)).figures["15.1"][given.area]
    assert part.in_quarter is not None and part.in_quarter.reason


def test_a_series_of_what_adds_up_has_no_other_stretch_of_the_year(catalogue: Catalogue) -> None:
    facts = build_facts(sample(catalogue, "kon-tum", "kt-1693", "2024Q3"), load_messages(TEMPLATES))
    plain: dict[str, Any] = json.loads(serialize_facts(facts))
    panels = [p for picture in plain["pictures"]["drawn"] if picture["kind"] == "series" for p in picture["shows"]]
    grown = {p["item"]: {point["period"][4:] for point in p["points"]} for p in panels}
    assert grown["III.2.c"] == grown["8"] == {"Q3"}
    assert grown["12"] > {"Q1", "Q2", "Q3"}, "what stands at the end of a quarter is joined with the next"
