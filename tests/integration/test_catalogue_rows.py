"""The catalogue as dated rows: only differences are written, nothing is lost."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.warehouse.connect import query

pytestmark = pytest.mark.integration


def test_the_same_catalogue_writes_nothing(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        assert set(load.load_catalogue_rows(conn, catalogue).values()) == {0}
        assert conn.execute(text("SELECT count(*) FROM ops.catalogue_version")).scalar_one() == 1


def test_everything_in_the_catalogue_is_there(loader: Engine, catalogue: Catalogue) -> None:
    targets = [t for p in catalogue.plans.values() for t in p.targets]
    counts = {
        "out.org_unit": len(catalogue.units),
        "out.succession": len(catalogue.successions),
        "out.data_element": len(catalogue.elements),
        "out.plan": len(catalogue.plans),
        "out.target": len(targets),
        "out.milestone": sum(len(t.milestones) for t in targets),
        "out.task": sum(len(p.tasks) for p in catalogue.plans.values()),
        "out.indicator": len(catalogue.indicators),
    }
    with loader.connect() as conn:
        seen = {view: conn.execute(text(f"SELECT count(*) FROM {view}")).scalar_one() for view in counts}
        names = dict(conn.execute(text("SELECT indicator, name FROM out.indicator")).all())
    assert seen == counts
    assert names == {i.code: i.name for i in catalogue.indicators.values()}


def test_only_what_changed_gets_a_version_and_what_vanished_is_retired(loader: Engine, catalogue: Catalogue) -> None:
    renamed = catalogue.elements["beds"].model_copy(update={"name": "Giường bệnh"})
    elements = {k: v for k, v in catalogue.elements.items() if k != "pub_stunting"} | {"beds": renamed}
    assert list(catalogue.elements)[-1] == "pub_stunting", "so that no position moves"
    changed = replace(catalogue, sha256="0" * 64, elements=elements)
    with loader.begin() as conn:
        written = load.load_catalogue_rows(conn, changed)
        assert {k: v for k, v in written.items() if v} == {"core.data_element_version": 2}
        now = dict(conn.execute(text("SELECT code, name FROM out.data_element")).all())
        every = conn.execute(
            text("SELECT name, retired FROM core.data_element_version WHERE code IN ('beds', 'pub_stunting') "
                 "ORDER BY code, catalogue_version_id")
        ).all()  # fmt: skip
    assert now["beds"] == "Giường bệnh"
    assert "pub_stunting" not in now
    old, stunting = catalogue.elements["beds"].name, catalogue.elements["pub_stunting"].name
    assert [tuple(r) for r in every] == [(old, False), ("Giường bệnh", False), (stunting, False), (stunting, True)]


def test_what_comes_back_keeps_its_number(loader: Engine, catalogue: Catalogue) -> None:
    fewer = replace(catalogue, sha256="0" * 64, elements=dict(list(catalogue.elements.items())[:-1]))
    with loader.begin() as conn:
        before = {r.code: r.data_element_id for r in query(conn, "element_ids")}
        load.load_catalogue_rows(conn, fewer)
        load.load_catalogue_rows(conn, catalogue)
        assert {r.code: r.data_element_id for r in query(conn, "element_ids")} == before


def test_every_owed_form_has_its_deadline(loader: Engine, catalogue: Catalogue) -> None:
    with loader.connect() as conn:
        due = dict(
            conn.execute(
                text("SELECT unit_code, due_on::text FROM out.unit_status WHERE form = 'kt-district-quarter' AND period = '2024Q1'")
            ).all()
        )  # fmt: skip
    assert len(due) == 10
    assert set(due.values()) == {"2024-04-22"}
