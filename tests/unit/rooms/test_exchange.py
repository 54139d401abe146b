"""Figures as documents: names, periods, what is left out and what is said of the rest."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.exchange_identifiers import ExchangeCatalogue, load_exchange
from etl.errors import CatalogueError, UsageError
from etl.exchange import DataMessage, render_exchange_document
from etl.exchange.data_message import format_exact_decimal
from etl.exchange.identifiers import ExchangeIdentifiers
from etl.exchange.periods import format_adx_period, format_dhis2_period
from etl.exchange.uids import derive_uid
from etl.model import CellState, Period
from etl.model.exported_value import ExportedValue
from tests.schemas import adx_schema, dhis2_problems
from tests.wording import SHIPPED

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
CELLS = (
    ExportedValue("07306", "insured", CellState.VALUE, Fraction(950)),
    ExportedValue("07306", "live_births", CellState.ZERO, Fraction(0)),
    ExportedValue("07306", "pop_total", CellState.ESTIMATED, Fraction(1000)),
    ExportedValue("07309", "insured", CellState.MISSING),
    ExportedValue("07309", "pop_total", CellState.NOT_APPLICABLE),
    ExportedValue("07309", "managed", CellState.UNRELIABLE, Fraction(7)),
    ExportedValue("216", "waste_generated_kg", CellState.VALUE, Fraction(1001, 2), "dc-2024-01"),
)
FORMATS = ("dhis2", "adx")


@pytest.fixture
def names(catalogue: Catalogue) -> ExchangeIdentifiers:
    return ExchangeIdentifiers(catalogue, load_exchange(catalogue))


def message(
    catalogue: Catalogue, period: str = "2024Q3", *, simulated: bool = False, cells: tuple[ExportedValue, ...] = CELLS
) -> DataMessage:
    at = "2024-10-10T08:00:00.123456+07:00"
    return DataMessage(catalogue.get_scope("tan-yen"), Period.parse(period), cells, at, SHIPPED, simulated)


def uid_scheme(exchange: ExchangeCatalogue) -> ExchangeCatalogue:
    return dataclasses.replace(exchange, rules=exchange.rules.model_copy(update={"id_scheme": "uid"}))


# --- DHIS2 -----------------------------------------------------------------------------------------------


def test_a_data_value_set_holds_what_counts_and_nothing_else(catalogue: Catalogue, names: ExchangeIdentifiers) -> None:
    data = render_exchange_document(message(catalogue), names, "dhis2")
    assert not dhis2_problems(data)
    said = json.loads(data)
    assert (said["dataSet"], said["idScheme"]) == ("TONGKET_QUY", "CODE")
    same = {"period": "2024Q3", "categoryOptionCombo": "default", "attributeOptionCombo": "default"}
    assert said["dataValues"] == [
        {"dataElement": "insured", "orgUnit": "07306-20200101", "value": "950", **same},
        {"dataElement": "live_births", "orgUnit": "07306-20200101", "value": "0", **same},
        {
            "dataElement": "pop_total", "orgUnit": "07306-20200101", "value": "1000", **same,
            "comment": "Số ước tính", "followup": True,
        },
        {
            "dataElement": "waste_generated_kg", "orgUnit": "216", "value": "500.5", **same,
            "comment": "Đã đính chính theo thống nhất dc-2024-01",
        },
    ]  # fmt: skip


def test_a_code_that_two_units_bore_goes_with_the_first_day_of_the_one_meant(
    catalogue: Catalogue, names: ExchangeIdentifiers
) -> None:
    old, new = (catalogue.find_unit("24", day) for day in (date(2024, 1, 1), date(2025, 8, 1)))
    assert old and new and names.find_org_unit_id(old) == "24-20200101" and names.find_org_unit_id(new) == "24-20250701"


# --- ADX -------------------------------------------------------------------------------------------------


def test_an_adx_message_groups_by_org_unit(catalogue: Catalogue, names: ExchangeIdentifiers) -> None:
    data = render_exchange_document(message(catalogue), names, "adx")
    tree = etree.fromstring(data)
    adx_schema().assertValid(tree)
    assert tree.get("exported") == "2024-10-10T08:00:00.123456+07:00"
    groups = [(g.get("orgUnit"), g.get("period"), g.get("dataSet"), len(g)) for g in tree]
    assert groups == [
        ("07306-20200101", "2024-07-01/P3M", "TONGKET_QUY", 3),
        ("216", "2024-07-01/P3M", "TONGKET_QUY", 1),
    ]
    assert [v.get("value") for v in tree.iter("{*}dataValue")] == ["950", "0", "1000", "500.5"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b' exported="2024-10-10T08:00:00.123456+07:00"', b""),
        (b' period="2024-07-01/P3M"', b' period="2024Q3"'),
        (b' orgUnit="216"', b""),
        (b' value="950"', b' value="9,5"'),
        (b' dataSet="TONGKET_QUY"', b' dataSet=""'),
        (b'orgUnit="216"', b'orgUnit="07306-20200101"'),
    ],
)
def test_the_schema_of_the_tests_refuses_what_the_profile_does(
    catalogue: Catalogue, names: ExchangeIdentifiers, old: bytes, new: bytes
) -> None:
    spoilt = render_exchange_document(message(catalogue), names, "adx").replace(old, new)
    assert not adx_schema().validate(etree.fromstring(spoilt))


@pytest.mark.parametrize(
    "spoilt",
    [{"dataValues": []}, {"dataValues": [{"dataElement": "a", "period": "2024Q5", "orgUnit": "b", "value": "1"}]}],
)
def test_the_schema_of_the_tests_refuses_what_dhis2_does(spoilt: object) -> None:
    assert dhis2_problems(json.dumps(spoilt).encode())


# --- both ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_simulated_figures_say_so_one_by_one(catalogue: Catalogue, names: ExchangeIdentifiers, form: str) -> None:
    marked = render_exchange_document(message(catalogue, simulated=True), names, form).decode()
    assert marked.count("SỐ LIỆU MÔ PHỎNG") >= 4
    assert "SỐ LIỆU MÔ PHỎNG" not in render_exchange_document(message(catalogue), names, form).decode()


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_figures_give_the_same_bytes(catalogue: Catalogue, form: str) -> None:
    made = {
        render_exchange_document(message(catalogue), ExchangeIdentifiers(catalogue, load_exchange(catalogue)), form)
        for _ in range(2)
    }
    assert len(made) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_counts_is_no_document(catalogue: Catalogue, names: ExchangeIdentifiers, form: str) -> None:
    with pytest.raises(UsageError, match="no figures"):
        render_exchange_document(message(catalogue, cells=CELLS[3:6]), names, form)


def test_an_unknown_format_names_the_known_ones(catalogue: Catalogue, names: ExchangeIdentifiers) -> None:
    with pytest.raises(UsageError, match="dhis2, adx"):
        render_exchange_document(message(catalogue), names, "sdmx")


@pytest.mark.parametrize(
    ("key", "dhis2", "adx"),
    [
        ("2024-03", "202403", "2024-03-01/P1M"),
        ("2024Q3", "2024Q3", "2024-07-01/P3M"),
        ("2024H1", "2024S1", "2024-01-01/P6M"),
        ("2024H2", "2024S2", "2024-07-01/P6M"),
        ("2024", "2024", "2024-01-01/P1Y"),
    ],
)
def test_periods_as_each_format_writes_them(key: str, dhis2: str, adx: str) -> None:
    assert (format_dhis2_period(Period.parse(key)), format_adx_period(Period.parse(key))) == (dhis2, adx)


def test_dhis2_has_no_nine_months_but_adx_has() -> None:
    with pytest.raises(UsageError, match="nine months"):
        format_dhis2_period(Period.parse("2024N"))
    assert format_adx_period(Period.parse("2024N")) == "2024-01-01/P9M"


@given(whole=st.integers(0, 10**15), decimals=st.integers(0, 6))
def test_every_digit_goes_out(whole: int, decimals: int) -> None:
    value = Fraction(whole, 10**decimals)
    assert Fraction(format_exact_decimal(value)) == value
    assert re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?", format_exact_decimal(value))


# --- names -----------------------------------------------------------------------------------------------


def test_uids_that_nobody_entered_are_made_up_and_reported(catalogue: Catalogue) -> None:
    names = ExchangeIdentifiers(catalogue, uid_scheme(load_exchange(catalogue)))
    said = json.loads(render_exchange_document(message(catalogue), names, "dhis2"))
    assert said["idScheme"] == "UID"
    for value in said["dataValues"]:
        assert all(UID.fullmatch(value[key]) for key in ("dataElement", "orgUnit", "categoryOptionCombo"))
    assert "dataElement insured" in names.derived_uids and "orgUnit 216" in names.derived_uids
    assert "categoryOptionCombo default" not in names.derived_uids, "DHIS2's own default is entered"


@given(code=st.text(min_size=1, max_size=30))
def test_a_made_up_uid_has_the_form_and_depends_on_nothing_but_the_code(code: str) -> None:
    assert UID.fullmatch(derive_uid("orgUnit", code))
    assert derive_uid("orgUnit", code) == derive_uid("orgUnit", code) != derive_uid("dataElement", code)


def _entered(catalogue: Catalogue, folder: Path, file: str, line: str) -> Catalogue:
    root = folder / "catalog"
    shutil.copytree(catalogue.root, root)
    path = root / "exchange" / file
    path.write_text(path.read_text() + line + "\n")
    return load_catalogue(root)


def test_what_the_office_enters_is_used(catalogue: Catalogue, tmp_path: Path) -> None:
    entered = _entered(catalogue, tmp_path, "data_elements.csv", "insured,BHYT_01,Abcdefghij1,ALL,,configured,")
    exchange = load_exchange(entered)
    by_code, by_uid = ExchangeIdentifiers(entered, exchange), ExchangeIdentifiers(entered, uid_scheme(exchange))
    assert (by_code.find_element_id("insured"), by_code.find_option_combo_id("insured")) == ("BHYT_01", "ALL")
    assert by_uid.find_element_id("insured") == "Abcdefghij1"
    assert "dataElement BHYT_01" not in by_uid.derived_uids


@pytest.mark.parametrize(
    ("file", "line", "match"),
    [
        ("data_elements.csv", "no_such,,,,,configured,", "no_such"),
        ("data_elements.csv", "insured,,1234,,,configured,", "uid"),
        ("data_elements.csv", "insured,a,,,,configured,\ninsured,b,,,,configured,", "twice"),
        ("org_units.csv", "24,2021-01-01,,,configured,", "24 from 2021-01-01"),
    ],
)
def test_a_wrong_entry_stops_with_its_file(
    catalogue: Catalogue, tmp_path: Path, file: str, line: str, match: str
) -> None:
    entered = _entered(catalogue, tmp_path, file, line)
    with pytest.raises(CatalogueError, match=match) as stopped:
        load_exchange(entered)
    assert file in stopped.value.where


def test_two_things_may_not_be_called_the_same(catalogue: Catalogue, tmp_path: Path) -> None:
    entered = _entered(catalogue, tmp_path, "data_elements.csv", "insured,pop_total,,,,configured,")
    with pytest.raises(CatalogueError, match="both called 'pop_total'"):
        render_exchange_document(message(entered), ExchangeIdentifiers(entered, load_exchange(entered)), "dhis2")
