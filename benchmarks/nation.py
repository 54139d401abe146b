"""A made-up nation: how long one quarter's roll-up and attainment take, and whether more years of history matter.

``python -m benchmarks.nation`` or `rows()`. Works in a temporary folder with a database server of its own. The
catalogue is made in memory (34 provinces, 10 000 communes, 60 indicators); observations are generated inside the
database, past intake. All of it is simulated. Prints; judges nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine, text

from etl import load, settings
from etl.catalog import Catalogue, load_catalogue, models
from etl.model import ElementKind, Period, PeriodKind
from etl.warehouse import connect, embedded_server, migrate

PROVINCES, COMMUNES, INDICATORS = 34, 10_000, 60
HISTORIES = (14, 28)
LAST = Period(2026, PeriodKind.QUARTER, 4)
_NUMERATORS, _DENOMINATORS = 30, 10
_TRIES = 3
_FLUSH_SECONDS = 2.0  # a server process tells its counts within one
_BORN = dt.date(2019, 1, 1)
_SOURCE = "Mô phỏng"


@dataclasses.dataclass(frozen=True)
class NationTiming:
    """One measurement: quarters of history, cells in the warehouse, seconds to sum and seconds in all.

    `blocks`: pages of the database that roll-up and attainment looked at, which no busy machine changes.
    """

    quarters: int
    cells: int
    load_seconds: float
    rollup_seconds: float
    whole_seconds: float
    blocks: int
    rows: int


def measure_rows(
    *, provinces: int = PROVINCES, communes: int = COMMUNES, histories: Sequence[int] = HISTORIES
) -> tuple[NationTiming, ...]:
    """Measures the last quarter with each length of history, shortest first; history grows backwards."""
    made = build_catalogue(provinces, communes)
    with _open_nation_warehouse(made) as (owner, engine):
        done, timings = 0, []
        for quarters in sorted(histories):
            start = time.perf_counter()
            for back in range(done, quarters):
                _insert_quarter(engine, _find_quarter_before(back))
            _tidy_tables(owner)
            loaded, done = time.perf_counter() - start, quarters
            before = _count_blocks(owner)
            tries = [_measure_last_quarter(engine, made, quarters, loaded)]
            blocks = _count_blocks(owner) - before
            tries += [_measure_last_quarter(engine, made, quarters, loaded) for _ in range(_TRIES - 1)]
            timings.append(_pick_least(tries, blocks))
    return tuple(timings)


def _pick_least(tries: Sequence[NationTiming], blocks: int) -> NationTiming:
    """The least of each time: what the work costs, without what else the machine did."""
    rollup, whole = (min(getattr(one, name) for one in tries) for name in ("rollup_seconds", "whole_seconds"))
    return dataclasses.replace(tries[0], rollup_seconds=rollup, whole_seconds=whole, blocks=blocks)


def _measure_last_quarter(engine: Engine, made: Catalogue, quarters: int, loaded: float) -> NationTiming:
    from etl.attainment.attainment_rows import compute_rows_and_series
    from etl.warehouse.rollup import compute_rollup
    from etl.warehouse.run_context import RunContext

    scope = made.get_scope("nation")
    with engine.connect() as conn:
        cells = conn.execute(text("SELECT count(*) FROM core.observation")).scalar_one()
        start = time.perf_counter()
        context = RunContext(conn, made, scope, LAST)
        compute_rollup(context)
        summed = time.perf_counter()
        count = len(compute_rows_and_series(context, outlook=False)[0])
        return NationTiming(quarters, cells, loaded, summed - start, time.perf_counter() - summed, 0, count)


def _count_blocks(owner: Engine) -> int:
    time.sleep(_FLUSH_SECONDS)
    with owner.connect() as conn:
        conn.execute(text("SELECT pg_stat_force_next_flush()"))
        said = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
        return int(conn.execute(text(said)).scalar_one())


def _find_quarter_before(quarters: int) -> Period:
    """The quarter that many before the last."""
    index = LAST.year * 4 + LAST.index - 1 - quarters
    return Period(index // 4, PeriodKind.QUARTER, index % 4 + 1)


@contextmanager
def _open_nation_warehouse(made: Catalogue) -> Iterator[tuple[Engine, Engine]]:
    """The engines of owner and loader on a fresh warehouse with the catalogue in it."""
    folder = Path(tempfile.mkdtemp(prefix="tongket-nation-"))
    try:
        bench_settings = dataclasses.replace(
            settings.load_settings(), database_url=embedded_server.start_server(folder / "pg")
        )
        owner = connect.build_engine(bench_settings, "owner")
        migrate.apply_migrations(owner)
        engine = connect.build_engine(bench_settings, "loader")
        with engine.begin() as conn:
            load.load_catalogue_rows(conn, made)
        yield owner, engine
    finally:
        embedded_server.stop_server(folder / "pg")
        shutil.rmtree(folder)


# --- what is reported ---------------------------------------------------------------------------------


def _insert_quarter(engine: Engine, period: Period) -> None:
    """Every commune's form of a quarter. A part is at most its whole, and numbers differ by unit and quarter."""
    named = {"key": period.key, "year": period.year, "seed": period.year * 4 + period.index}
    with engine.begin() as conn:
        conn.execute(text(_DELIVERIES), named)
        conn.execute(text(_SUBMISSIONS), named)
        conn.execute(text(_OBSERVATIONS), named)


_DELIVERIES = """
INSERT INTO ops.delivery (sha256, size, original_name, folder, received_at)
SELECT encode(sha256(cast(u.code || :key AS bytea)), 'hex'), 1, u.code || '.xlsx', u.code, now()
FROM core.current_org_unit AS u WHERE u.level = 'commune'
"""
_SUBMISSIONS = """
INSERT INTO core.submission (delivery_id, scope, form, form_version, org_unit_id, period, year, version, recorded_at)
SELECT d.delivery_id, 'nation', 'nation-quarter', '1', u.org_unit_id, :key, :year, 1, now()
FROM core.current_org_unit AS u
INNER JOIN ops.delivery AS d ON d.sha256 = encode(sha256(cast(u.code || :key AS bytea)), 'hex')
"""
_OBSERVATIONS = """
INSERT INTO core.observation (submission_id, org_unit_id, data_element_id, year, state, value, sheet, cell)
SELECT s.submission_id, s.org_unit_id, e.data_element_id, s.year, 'value',
    CASE WHEN starts_with(e.code, 'd') THEN 5000 ELSE 1000 END
    + (s.org_unit_id * 7 + e.data_element_id * 13 + :seed) % 997, 'N1', 'E12'
FROM core.submission AS s CROSS JOIN core.data_element AS e
WHERE s.period = :key
"""


def _tidy_tables(owner: Engine) -> None:
    """What the server would do by itself within minutes: new rows marked as seen by all, and their statistics."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for table in ("core.submission", "core.observation"):
            conn.execute(text(f"VACUUM (ANALYZE) {table}"))


# --- the catalogue ------------------------------------------------------------------------------------


def build_catalogue(provinces: int = PROVINCES, communes: int = COMMUNES) -> Catalogue:
    """The nation's catalogue: communes report quarterly, provinces are shown."""
    base = load_catalogue(settings.load_settings().catalog)
    units = (
        _build_unit("VN", "nation", ""),
        *(_build_unit(f"P{i:02d}", "province", "VN") for i in range(provinces)),
        *(_build_unit(f"{i:05d}", "commune", f"P{i % provinces:02d}") for i in range(communes)),
    )
    elements = {
        code: models.DataElement(code=code, name=code, kind=kind)
        for codes, kind in (
            (_list_element_codes("n", _NUMERATORS), ElementKind.FLOW),
            (_list_element_codes("d", _DENOMINATORS), ElementKind.STOCK),
        )
        for code in codes
    }
    form = models.Form(
        id="nation-quarter", version="1", title="Biểu quý", symbol="Q", period_kind=PeriodKind.QUARTER, level="commune",
        valid_from=_BORN, sheets=(models.SheetDef(code="N1", title="Số liệu", layout="list", columns="nation"),),
        legal_basis=_SOURCE,
    )  # fmt: skip
    columns = tuple(
        models.Column(set="nation", version="1", sheet="N1", position=i, header=code, data_element=code, required=True)
        for i, code in enumerate(elements)
    )
    indicators = {i.code: i for i in map(_build_indicator, range(INDICATORS))}
    return dataclasses.replace(
        base,
        sha256="nation",
        units=units,
        successions=(),
        elements=elements,
        relations=(),
        indicators=indicators,
        plans={"nation": _build_plan(indicators)},
        columns=columns,
        forms={form.id: form},
        regimes={"nation": _build_regime()},
        scopes={"nation": _build_scope(base)},
        agreed_corrections={},
        inheritance=(),
        official_population=(),
        units_by_code={u.code: (u,) for u in units},
    )


def _list_element_codes(letter: str, count: int) -> list[str]:
    return [f"{letter}{i:02d}" for i in range(count)]


def _build_unit(code: str, level: str, parent: str) -> models.Unit:
    return models.Unit(code=code, name=code, level=level, parent=parent, valid_from=_BORN, legal_basis=_SOURCE)  # type: ignore[arg-type]


def _build_indicator(i: int) -> models.Indicator:
    above, below = f"n{i % _NUMERATORS:02d}", f"d{i // _NUMERATORS * 3 + i % 3:02d}"
    return models.Indicator(
        code=f"i{i:02d}", name=f"Chỉ tiêu {i}", short_name=f"Chỉ tiêu {i}", method="ratio", factor=100, unit="%",
        numerator=models.Side(elements=(above,)), denominator=models.Side(elements=(below,)), direction="up",
        frequency="quarter", source=_SOURCE, definition=_SOURCE, basis="configured",
    )  # fmt: skip


def _build_plan(indicators: dict[str, models.Indicator]) -> models.Plan:
    goal = models.Milestone(period="2030", written="95", operator=">=", value=Decimal(95))
    targets = tuple(
        models.Target(
            item=str(i), clause="1", title=code, indicator=code, kind="threshold", milestones=(goal,),
            baseline=models.Baseline(period=str(LAST.year - 1), written="60", value=Decimal(60)),
        )
        for i, code in enumerate(indicators)
    )  # fmt: skip
    return models.Plan(
        id="nation", title="Kế hoạch", short_title="Kế hoạch", number="", issuer="thu-tuong", date=None,
        implements=_SOURCE, seed_file=_SOURCE, status="issued", valid_from=_BORN, targets=targets, tasks=(),
    )  # fmt: skip


def _build_regime() -> models.Regime:
    due = models.LevelDeadline(level="commune", working_days=5, basis="configured", source=_SOURCE)
    return models.Regime(
        id="nation", title=_SOURCE, number="1", calendar="statistical", valid_from=_BORN, source=_SOURCE,
        period_kinds=(PeriodKind.QUARTER,), cut_off=_SOURCE, deadlines=(due,), basis="configured",
    )  # fmt: skip


def _build_scope(base: Catalogue) -> models.Scope:
    first = _find_quarter_before(max(HISTORIES) - 1)
    owed = models.Submission(
        form="nation-quarter", level="commune", regime="nation", from_period=first.key, to_period=LAST.key
    )
    offices = next(iter(base.scopes.values())).offices
    return models.Scope(
        id="nation", name="Cả nước", area_unit="VN", child_level="province", offices=offices, plans=("nation",),
        submissions=(owed,), reports=(),
    )  # fmt: skip


def main() -> None:
    """Measures and prints."""
    print(
        f"{'quarters':>10}{'cells':>14}{'loading s':>12}{'roll-up s':>12}{'attainment s':>14}{'blocks':>12}{'rows':>8}"
    )
    for row in measure_rows():
        print(
            f"{row.quarters:>10}{row.cells:>14}{row.load_seconds:>12.1f}{row.rollup_seconds:>12.1f}"
            f"{row.whole_seconds:>14.1f}{row.blocks:>12}{row.rows:>8}"
        )


if __name__ == "__main__":
    main()
