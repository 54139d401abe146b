"""Loading: a verdict, its cells and its receipt together or not at all; nothing twice; nothing overwritten."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import CellState, Finding, FindingLevel, FormStamp, Observation, Period, Verdict
from etl.warehouse import journal
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM, UNIT, PERIOD = "kt-district-quarter", "608", "2024Q1"
POP = ("23281", "pop_total")
TASK = ("608", "task.kt-124.III.2-3.state")


@pytest.fixture(autouse=True)
def _known_cells(catalogue: Catalogue) -> None:
    """The commune and the task these tests speak of are the catalogue's."""
    scope, form = catalogue.get_scope("kon-tum"), catalogue.forms[FORM]
    communes = {u.code for u in catalogue.list_children(UNIT, "commune", catalogue.forms[FORM].valid_from)}
    tasks = {f"task.{p.id}.{t.id}.state" for p, t in catalogue.list_led_tasks(scope, form.level, Period.parse(PERIOD))}
    assert POP[0] in communes
    assert TASK[1] in tasks


def _one(conn: Connection, statement: str) -> object:
    return conn.execute(text(statement)).scalar_one()


def _rows(engine: Engine) -> dict[str, int]:
    tables = ("ops.verdict", "ops.finding", "ops.load", "core.submission", "core.observation", "core.report_text")
    with engine.connect() as conn:
        return {t: int(str(_one(conn, f"SELECT count(*) FROM {t}"))) for t in tables}


def test_accepted_cells_are_loaded_with_their_place(loader: Engine, catalogue: Catalogue) -> None:
    cells = {
        POP: "1200",
        (POP[0], "managed"): "~900",
        (POP[0], "insured"): "",
        (POP[0], "elderly"): "x",
        TASK: "Đã xong",
    }
    cells |= {("608", "task.kt-124.III.2-3.remark"): "dòng 1\nhai\tcột \\ và \0 NUL", ("608", "doctors"): "0"}
    with loader.begin() as conn:
        (receipt,) = load.load_deliveries(conn, [item(conn, catalogue, FORM, UNIT, PERIOD, cells)])
    assert receipt == load.Receipt(receipt.delivery_id, True, receipt.submission_id, 1, UNIT, PERIOD, FORM)
    with loader.connect() as conn:
        seen = conn.execute(text("SELECT data_element, state, value, sheet, cell, raw, unit_code FROM out.observation AS o "
                                 "JOIN out.submission AS s USING (submission_id) ORDER BY data_element")).all()  # fmt: skip
        by_element = {r.data_element: r for r in seen}
        words = {r.code: r.words for r in conn.execute(text("SELECT code, words FROM out.report_text"))}
        kept = conn.execute(text("SELECT * FROM ops.load")).one()
        kinds = conn.execute(text("SELECT kind FROM ops.event ORDER BY event_id")).scalars().all()
    assert {e: (r.state, r.value) for e, r in by_element.items()} == {
        "pop_total": ("value", 1200), "managed": ("estimated", 900), "insured": ("missing", None),
        "elderly": ("not_applicable", None), "doctors": ("zero", 0),
    }  # fmt: skip
    assert (by_element["pop_total"].sheet, by_element["managed"].raw, by_element["pop_total"].raw) == (
        "B1",
        "~900",
        "1200",
    )
    assert by_element["doctors"].sheet == "B4"
    assert words == {TASK[1]: "Đã xong", "task.kt-124.III.2-3.remark": "dòng 1\nhai\tcột \\ và  NUL"}
    assert (kept.cells_read, kept.numbers_loaded, kept.texts_loaded, kept.cells_left_out) == (7, 5, 2, 0)
    assert kinds == ["received", "accepted"]


@pytest.mark.parametrize(
    ("typed", "stored"), [(0.1, "0.1"), (12.0, "12"), (1e15, "1000000000000000"), (2.675, "2.675")]
)
def test_numbers_are_what_was_typed(loader: Engine, catalogue: Catalogue, typed: float, stored: str) -> None:
    seen = Observation("608", "waste_generated_kg", "B4", "E12", CellState.VALUE, typed, raw=str(typed))
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {})
        load.load_deliveries(conn, [replace(given, observations=(seen,))])
        assert str(_one(conn, "SELECT value FROM core.observation")) == stored


def test_refused_loads_nothing_but_its_reasons(loader: Engine, catalogue: Catalogue) -> None:
    why = (
        Finding("V01", FindingLevel.REFUSE, "Không phải là số", "Sửa lại", "B1", "D12", "abc", POP[0], "pop_total"),
        Finding("R01", FindingLevel.CONFIRM, "Lớn bất thường"),
    )
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"}, findings=why)
        (receipt,) = load.load_deliveries(conn, [given])
    assert (receipt.accepted, receipt.submission_id, receipt.version) == (False, None, 0)
    assert _rows(loader) == {
        "ops.verdict": 1, "ops.finding": 2, "ops.load": 1,
        "core.submission": 0, "core.observation": 0, "core.report_text": 0,
    }  # fmt: skip
    with loader.connect() as conn:
        (answer,) = journal.fetch_unreturned_verdicts(conn)
        kept = conn.execute(text("SELECT cells_read, cells_left_out FROM ops.load")).one()
    assert answer.verdict == Verdict(False, why)
    assert tuple(kept) == (1, 1)


def test_a_workbook_that_says_nothing_of_itself_can_be_refused(loader: Engine, catalogue: Catalogue) -> None:
    why = (Finding("S01", FindingLevel.REFUSE, "Không phải tệp Excel"),)
    with loader.begin() as conn:
        given = replace(item(conn, catalogue, FORM, UNIT, PERIOD, {}, findings=why), stamp=None, scope="")
        (receipt,) = load.load_deliveries(conn, [given])
    assert (receipt.unit, receipt.period, receipt.form) == ("", "", "")


def test_twice_is_once(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})
        first = load.load_deliveries(conn, [given, given])
    before = _rows(loader)
    with loader.begin() as conn:
        assert load.load_deliveries(conn, [given]) == first[:1]
    assert first[0] == first[1]
    assert _rows(loader) == before


def test_a_resubmission_is_a_version_and_the_old_one_stays(loader: Engine, catalogue: Catalogue) -> None:
    for number, name in (("5", "a"), ("7", "b"), ("9", "c")):
        with loader.begin() as conn:
            load.load_deliveries(conn, [item(conn, catalogue, FORM, UNIT, PERIOD, {POP: number}, name=name)])
    with loader.connect() as conn:
        rows = conn.execute(text("SELECT version, value, is_current, superseded_at > recorded_at AS closed "
                                 "FROM out.observation ORDER BY version")).all()  # fmt: skip
    assert [tuple(r) for r in rows] == [(1, 5, False, True), (2, 7, False, True), (3, 9, True, None)]


def test_versions_within_one_load_follow_its_order(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        items = [item(conn, catalogue, FORM, UNIT, PERIOD, {POP: str(n)}) for n in (1, 2, 3)]
        items.append(item(conn, catalogue, FORM, "610", PERIOD, {}))
        receipts = load.load_deliveries(conn, items)
    assert [(r.unit, r.version) for r in receipts] == [("608", 1), ("608", 2), ("608", 3), ("610", 1)]


def test_a_crash_before_the_commit_leaves_nothing(loader: Engine, catalogue: Catalogue) -> None:
    before = _rows(loader)
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})
    with pytest.raises(RuntimeError), loader.begin() as conn:
        load.load_deliveries(conn, [given])
        raise RuntimeError("the power goes")
    assert _rows(loader) == before
    with loader.connect() as conn:
        assert journal.fetch_pending_deliveries(conn) == [given.delivery]
    with loader.begin() as conn:
        assert load.load_deliveries(conn, [given])[0].version == 1


def test_the_server_killed_before_the_commit_leaves_nothing(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})
    with pytest.raises(WarehouseError, match="away"), loader.begin() as conn:
        load.load_deliveries(conn, [given])
        pid = _one(conn, "SELECT pg_backend_pid()")
        with loader.connect() as other:
            other.execute(text("SELECT set_config('role', 'none', false)"))
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            other.invalidate()
        load.load_deliveries(conn, [given])
    with loader.connect() as conn:
        assert journal.fetch_pending_deliveries(conn) == [given.delivery]


def test_two_loaders_at_once_count_up(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        items = [
            [
                item(conn, catalogue, FORM, unit, PERIOD, {POP: "5"}, name=f"{mine} {n} {unit}")
                for n in range(5)
                for unit in units
            ]
            for mine, units in enumerate((["608", "610"], ["610", "608"], ["608", "610"]))
        ]
    start, failed = Barrier(3), []

    def run(mine: list[load.LoadItem]) -> None:
        start.wait()
        for i in range(0, len(mine), 2):
            try:
                with loader.begin() as conn:
                    load.load_deliveries(conn, mine[i : i + 2])
            except Exception as error:
                failed.append(error)

    threads = [Thread(target=run, args=(mine,)) for mine in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with loader.connect() as conn:
        rows = conn.execute(text("SELECT unit_code, array_agg(version ORDER BY recorded_at, version) FROM out.submission "
                                 "GROUP BY unit_code ORDER BY 1")).all()  # fmt: skip
    assert [tuple(r) for r in rows] == [("608", list(range(1, 16))), ("610", list(range(1, 16)))]


def test_two_loaders_with_the_same_delivery_load_it_once(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})
    receipts: list[load.Receipt] = []
    start = Barrier(2)

    def run() -> None:
        start.wait()
        with loader.begin() as conn:
            receipts.extend(load.load_deliveries(conn, [given]))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(receipts)) == 1
    assert _rows(loader)["core.submission"] == 1


def test_cells_never_understood_and_blank_words_are_left_out_and_counted(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5", TASK: ""})
        odd = Observation(POP[0], "insured", "B1", "F12", CellState.INVALID, raw="abc")
        load.load_deliveries(conn, [replace(given, observations=(*given.observations, odd))])
        kept = conn.execute(text("SELECT cells_read, numbers_loaded, texts_loaded, cells_left_out FROM ops.load")).one()
    assert tuple(kept) == (3, 1, 0, 2)


@pytest.mark.parametrize(
    ("seen", "what"),
    [
        (Observation("99999", "pop_total", "B1", "D12", CellState.VALUE, 1.0), "no unit"),
        (Observation(POP[0], "no_such_thing", "B1", "D12", CellState.VALUE, 1.0), "no data element"),
    ],
)
def test_what_the_catalogue_does_not_know_stops(
    loader: Engine, catalogue: Catalogue, seen: Observation, what: str
) -> None:
    with loader.begin() as conn:
        given = item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})
    with pytest.raises(WarehouseError, match=what), loader.begin() as conn:
        load.load_deliveries(conn, [replace(given, observations=(seen,))])
    assert _rows(loader)["ops.verdict"] == 0


def test_an_accepted_delivery_must_say_what_it_is(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn, pytest.raises(WarehouseError, match="does not say"):
        load.load_deliveries(conn, [replace(item(conn, catalogue, FORM, UNIT, PERIOD, {}), stamp=None)])


def test_an_observation_of_nothing_is_refused_by_the_database(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, FORM, UNIT, PERIOD, {POP: "5"})])
    for change in ("submission_id + 1000", "submission_id, 32000", "submission_id, org_unit_id, 32000",
                   "submission_id, org_unit_id, data_element_id + 1::smallint, 2023"):  # fmt: skip
        rest = ["submission_id", "org_unit_id", "(data_element_id + 1)::smallint", "year"][change.count(",") + 1 :]
        columns = ", ".join([change, *rest])
        with loader.begin() as conn, pytest.raises(Exception, match="belongs to no submission, unit or data element"):
            conn.execute(
                text(
                    f"INSERT INTO core.observation SELECT {columns}, state, value, sheet, cell, raw FROM core.observation"
                )
            )


def test_a_form_of_a_unit_whose_code_was_reused_goes_to_the_right_one(loader: Engine, catalogue: Catalogue) -> None:
    """Code 07306 is a commune before 01/07/2025 and another one after."""
    with loader.begin() as conn:
        given = item(conn, catalogue, "ty-commune-quarter", "07306", "2024Q1", {("07306", "pop_total"): "5"})
        later = replace(given, stamp=FormStamp("ty-commune-quarter", "2024.1", "07306", "2025Q3"))
        again = journal.register_delivery(conn, "f" * 64, 1, "b.xlsx", "07306", "2025-10-01T08:00:00+07:00")[0]
        load.load_deliveries(conn, [given, replace(later, delivery=again)])
        rows = conn.execute(text("SELECT s.period, u.valid_from::text FROM core.submission AS s "
                                 "JOIN core.org_unit AS u USING (org_unit_id) ORDER BY 1")).all()  # fmt: skip
    assert [tuple(r) for r in rows] == [("2024Q1", "2020-01-01"), ("2025Q3", "2025-07-01")]
