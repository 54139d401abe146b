"""Corrections agreed on hold while their guard holds and until their end; what was sent is never changed."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, text

from etl import load
from etl.catalog import models
from etl.catalog.loader import Catalogue, load_catalogue
from etl.errors import CatalogueError
from etl.model import ObservedIndicator, Period
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse import agreed_corrections, attainment_store, rollup
from etl.warehouse.attainment_store import AttainmentKey
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item
from tests.wording import told

pytestmark = pytest.mark.integration

FORM, QUARTER = "kt-district-quarter", "2024Q1"
AGREED = {
    "id": "bhyt-608-2024q1",
    "scope": "kon-tum",
    "period": QUARTER,
    "org_unit": "23281",
    "data_element": "insured",
    "replaces": {"state": "value", "value": "95"},
    "becomes": {"state": "value", "value": "59"},
    "requested_by": "Trung tâm Y tế thành phố Kon Tum",
    "requested_on": "2024-04-15",
    "reason": "Gõ nhầm thứ tự hai chữ số; đã đối chiếu với sổ",
    "until": "resubmission",
}


def agree(catalogue: Catalogue, mark: str, **changed: object) -> Catalogue:
    """The catalogue with one correction in it."""
    agreed = models.Correction.model_validate(AGREED | changed)
    return replace(catalogue, sha256=mark * 64, agreed_corrections={agreed.id: agreed})


@pytest.fixture
def send(loader: Engine, catalogue: Catalogue) -> Callable[..., None]:
    def work(insured: str, *, population: str = "100", period: str = QUARTER) -> None:
        cells = {("23281", "pop_total"): population, ("23281", "insured"): insured}
        with loader.begin() as conn:
            load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", period, cells)])

    return work


def _publish(engine: Engine, catalogue: Catalogue) -> str:
    with engine.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
    with engine.connect() as conn:
        return take_snapshot(conn).at


def _bhyt(engine: Engine, catalogue: Catalogue, at: str | None = None, unit: str = "62") -> ObservedIndicator:
    with engine.connect() as conn:
        seen = rollup.compute_rollup(
            RunContext(conn, catalogue, catalogue.get_scope("kon-tum"), Period.parse(QUARTER), at)
        )
    return next(o for o in seen if (o.indicator, o.unit) == ("bhyt", unit))


def _standing(engine: Engine, catalogue: Catalogue, at: str | None = None) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        found = agreed_corrections.fetch_agreed_corrections(
            conn, catalogue, catalogue.get_scope("kon-tum"), as_known_at=at
        )
    return [(x.status, told(x.reason)) for x in found]


def test_a_correction_is_in_the_figures_and_not_in_the_cells(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    agreed = agree(catalogue, "a")
    _publish(loader, agreed)
    for unit in ("62", "608"):
        assert (_bhyt(loader, agreed, unit=unit).value, _bhyt(loader, agreed, unit=unit).corrections) == (
            Fraction(59),
            ("bhyt-608-2024q1",),
        )
    with loader.connect() as conn:
        assert conn.execute(
            text("SELECT value FROM out.observation WHERE data_element = 'insured'")
        ).scalars().all() == [Decimal(95)]
    assert _standing(loader, agreed) == [("applied", "")]
    assert _bhyt(loader, catalogue).corrections == ()


def test_a_guard_that_does_not_hold_says_so(loader: Engine, catalogue: Catalogue, send: Callable[..., None]) -> None:
    send("94")
    agreed = agree(catalogue, "a")
    _publish(loader, agreed)
    assert _bhyt(loader, agreed).value == 94
    assert _standing(loader, agreed) == [("guard_failed", "ô này đang ghi 94, không phải 95")]


def test_a_correction_of_what_was_never_sent_holds_nothing(loader: Engine, catalogue: Catalogue) -> None:
    agreed = agree(catalogue, "a")
    _publish(loader, agreed)
    assert _bhyt(loader, agreed).value is None
    assert [s for s, _ in _standing(loader, agreed)] == ["not_reported"]


def test_a_resubmission_ends_it_even_with_the_same_value(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    agreed = agree(catalogue, "a")
    then = _publish(loader, agreed)
    send("95", population="101")
    assert _bhyt(loader, agreed).value == Fraction(9500, 101)
    assert [s for s, _ in _standing(loader, agreed)] == ["resubmitted"]
    assert _bhyt(loader, agreed, then).value == 59, "as known before the resubmission it still holds"


def test_before_it_was_on_record_it_was_not_there(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    with loader.connect() as conn:
        before = take_snapshot(conn).at
    agreed = agree(catalogue, "a")
    _publish(loader, agreed)
    assert (_bhyt(loader, agreed, before).value, _standing(loader, agreed, before)) == (95, [])


def test_a_last_day_ends_it_and_makes_another_snapshot(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    yesterday = dt.datetime.now(dt.UTC).astimezone(VIETNAM_ZONE).date() - dt.timedelta(days=1)
    agreed = agree(catalogue, "a", until=yesterday.isoformat(), requested_on=yesterday.isoformat())
    at = _publish(loader, agreed)
    midnight = dt.datetime.combine(yesterday, dt.time(12), VIETNAM_ZONE)
    assert [s for s, _ in _standing(loader, agreed)] == ["ended"]
    assert _bhyt(loader, agreed).value == 95
    tomorrow = yesterday + dt.timedelta(days=2)
    later = agree(catalogue, "b", until=tomorrow.isoformat(), requested_on=yesterday.isoformat())
    _publish(loader, later)
    assert [s for s, _ in _standing(loader, later)] == ["applied"]
    after = dt.datetime.combine(tomorrow + dt.timedelta(days=1), dt.time(12), VIETNAM_ZONE)
    assert [s for s, _ in _standing(loader, later, after.isoformat())] == ["ended"]
    with loader.connect() as conn:
        now, then = take_snapshot(conn), take_snapshot(conn, after)
    assert now.id != then.id, "an answer that changes has another snapshot"
    assert at > midnight.isoformat()


def test_a_correction_may_take_a_cell_out(loader: Engine, catalogue: Catalogue, send: Callable[..., None]) -> None:
    send("95")
    agreed = agree(catalogue, "a", becomes={"state": "unreliable"})
    _publish(loader, agreed)
    seen = _bhyt(loader, agreed)
    assert (seen.value, seen.present) == (None, 0)


def test_a_new_correction_makes_its_period_stale(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    with loader.begin() as conn:
        known = take_snapshot(conn)
        attainment_store.store_attainment(conn, AttainmentKey("kon-tum", QUARTER, known.id), known.at, [])
    with loader.connect() as conn:
        assert attainment_store.list_stale_periods(conn) == []
    _publish(loader, agree(catalogue, "a"))
    with loader.connect() as conn:
        assert attainment_store.list_stale_periods(conn) == [("kon-tum", QUARTER)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"replaces": {"state": "value"}}, "a value goes with"),
        ({"becomes": {"state": "zero", "value": "3"}}, "state zero is the value 0"),
        ({"becomes": {"state": "value", "value": "95"}}, "stands there already"),
        ({"period": "2024Q7"}, "is not a period"),
        ({"until": "2024-01-01"}, "lies before"),
        ({"org_unit": "99999"}, "unknown unit"),
        ({"data_element": "nonsense"}, "unknown data element"),
        ({"scope": "nowhere"}, "unknown scope"),
    ],
)
def test_a_wrong_correction_stops_its_scope_with_its_file(
    catalogue: Catalogue, tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    root = tmp_path / "catalog"
    for path, data in catalogue.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "corrections").mkdir(exist_ok=True)
    file = root / "corrections" / "bhyt-608-2024q1.yaml"
    file.write_text(yaml.safe_dump(AGREED, allow_unicode=True))
    assert list(load_catalogue(root).agreed_corrections) == ["bhyt-608-2024q1"]
    file.write_text(yaml.safe_dump(AGREED | changed, allow_unicode=True))
    after = load_catalogue(root)
    assert not after.agreed_corrections
    with pytest.raises(CatalogueError, match=message) as caught:
        after.get_scope("kon-tum")
    assert "bhyt-608-2024q1" in caught.value.where


def test_two_corrections_of_one_value_are_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    for path, data in catalogue.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "corrections").mkdir(exist_ok=True)
    for name in ("one", "two"):
        (root / "corrections" / f"{name}.yaml").write_text(yaml.safe_dump(AGREED | {"id": name}, allow_unicode=True))
    with pytest.raises(CatalogueError, match="one replaces the same value"):
        load_catalogue(root).get_scope("kon-tum")


def test_a_correction_whose_file_is_broken_is_not_withdrawn(
    loader: Engine, catalogue: Catalogue, send: Callable[..., None]
) -> None:
    send("95")
    _publish(loader, agree(catalogue, "c"))
    broken = replace(catalogue, sha256="d" * 64, stopped_corrections=frozenset({AGREED["id"]}))
    for of, kept in ((broken, 1), (replace(catalogue, sha256="e" * 64), 0)):
        _publish(loader, of)
        with loader.connect() as conn:
            found = conn.execute(text("SELECT count(*) FROM core.current_correction")).scalar_one()
        assert found == kept, "until it is mended; a file that is taken out withdraws it"
