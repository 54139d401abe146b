"""Two times: any past answer comes back exactly, whatever was sent, amended or agreed since; and what changed is said."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text
from sqlalchemy.event import listen, remove
from typer.testing import CliRunner

from etl import load, settings, steps
from etl.catalog.loader import load_catalogue
from etl.cli.commands import app
from etl.errors import UsageError, WarehouseError
from etl.lineage import lineage_text
from etl.model import Period
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import attainment_store, connect
from etl.warehouse.snapshot import take_snapshot
from tests.catalogue.test_measures import BHYT, PEOPLE, THOUSANDS, change
from tests.integration.build import item
from tests.integration.test_corrections import AGREED
from tests.wording import SHIPPED

pytestmark = pytest.mark.integration

SCOPE, QUARTER, FORM = "kon-tum", "2024Q2", "kt-district-quarter"
PLAN = "catalog/plans/kt-1693.yaml"


class Instance:
    """An instance whose catalogue can be amended: a copy of the project's, on the test's own warehouse."""

    def __init__(self, home: Path) -> None:
        self.home = home
        shutil.copytree(PROJECT_ROOT / "catalog", home / "catalog")
        shutil.copytree(PROJECT_ROOT / "templates", home / "templates")
        for name in ("sql", "expectations"):
            (home / name).symlink_to(PROJECT_ROOT / name)
        steps.migrate_warehouse()

    def send(self, insured: int, unit: str = "608", commune: str = "23281", period: str = QUARTER) -> None:
        catalogue = load_catalogue(self.home / "catalog")
        cells = {(commune, "pop_total"): "100", (commune, "insured"): str(insured)}
        with connect.build_engine(settings.load_settings(), "loader").begin() as conn:
            load.load_catalogue_rows(conn, catalogue)
            load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, cells)])

    def fill(self, insured: int, period: str = QUARTER) -> None:
        """Every district says the same of each of its communes."""
        catalogue, key = load_catalogue(self.home / "catalog"), Period.parse(period)
        with connect.build_engine(settings.load_settings(), "loader").begin() as conn:
            load.load_catalogue_rows(conn, catalogue)
            for unit in catalogue.list_children("62", "district", key.end):
                communes = catalogue.list_children(unit.code, "commune", key.end)
                said = {"pop_total": "100", "insured": str(insured)}
                cells = {(commune.code, element): value for commune in communes for element, value in said.items()}
                load.load_deliveries(conn, [item(conn, catalogue, FORM, unit.code, period, cells)])

    def amend(self, aim: float) -> None:
        """The plan now wants another share of people insured, from now on."""
        path = self.home / PLAN
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
        target = next(t for t in plan["targets"] if t.get("indicator") == "bhyt")
        for milestone in target["milestones"]:
            milestone["value"] = aim
            milestone["written"] = f"> {aim}"
        path.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
        steps.migrate_warehouse()

    def agree(self, old: int, new: int) -> None:
        folder = self.home / "catalog" / "corrections"
        folder.mkdir(exist_ok=True)
        name = f"fix-{old}-{new}-{len(list(folder.iterdir()))}"
        said = AGREED | {
            "id": name,
            "period": QUARTER,
            "replaces": {"state": "value", "value": str(old)},
            "becomes": {"state": "value", "value": str(new)},
        }
        for other in folder.glob("*.yaml"):
            other.unlink()
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        steps.migrate_warehouse()

    @property
    def now(self) -> str:
        with connect.build_engine(settings.load_settings(), "loader").connect() as conn:
            return take_snapshot(conn).at


@pytest.fixture
def instance(warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setenv("TONGKET_HOME", str(tmp_path / "home"))
    return Instance(tmp_path / "home")


def _bhyt(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(r for r in rows if (r["plan"], r["indicator"], r["unit"]) == ("kt-1693", "bhyt", "62"))


def test_everywhere_a_figure_is_in_the_unit_of_its_plan(instance: Instance) -> None:
    """95 people are 0,095 nghìn người at the shell, in a difference and in a trace that comes out again."""
    change(instance.home / "catalog", "plans/kt-1693.yaml", BHYT, THOUSANDS)
    with (instance.home / "catalog" / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(PEOPLE)
    instance.fill(95)
    before = instance.now
    instance.fill(98)
    steps.compute_attainment(SCOPE, QUARTER)
    row = next(r for r in steps.list_attainment_rows(SCOPE, QUARTER) if (r["item"], r["unit"]) == ("12", "62"))
    assert row["indicator"] == "insured_people" and row["unit_of_measure"] == "nghìn người"
    assert (row["value"], row["target"], row["numerator"]) == (row["numerator"] / 1000, 11.357, row["numerator"])
    found = steps.compare_snapshots(SCOPE, QUARTER, before, instance.now)
    (turned,) = [r for r in found["figures"] if (r["item"], r["unit"]) == ("12", "62")]
    assert turned["before"]["value"] * 98 == pytest.approx(turned["after"]["value"] * 95)
    assert turned["after"]["value"] == row["value"] == row["numerator"] / 1000
    shown = "\n".join(lineage_text.format_difference_lines(found, SHIPPED))
    assert "nghìn người" in shown
    (settle, *_) = steps.draft_period_reports(SCOPE, QUARTER, "kt-1693")["before_signing"]
    assert settle.startswith("kt-1693: Kế hoạch không nêu kỳ, ngày báo cáo")
    traced = steps.trace_number("kt-1693:quarter:2024Q2", "12")
    assert traced["reproduces"], traced["problems"]
    (number,) = traced["numbers"]
    assert (number["computed"]["value"], number["computed"]["unit"]) == (number["printed"]["value"], "nghìn người")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_past_answer_comes_back(instance: Instance, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    answers: list[tuple[str, list[dict[str, Any]]]] = []
    kinds = ["send", "agree", "send", "amend", "send"]
    chance.shuffle(kinds)
    for kind in ("send", *kinds):
        match kind:
            case "send":
                unit, commune = chance.choice((("608", "23281"), ("610", "23341")))
                instance.send(chance.randint(90, 99), unit, commune)
            case "amend":
                instance.amend(chance.choice((91.0, 93.5, 96.0, 98.0)))
            case _:
                instance.agree(chance.randint(90, 99), chance.randint(50, 60))
        answers.append((instance.now, steps.list_attainment_rows(SCOPE, QUARTER)))
    assert len({repr(rows) for _, rows in answers}) > 3
    for at, rows in answers:
        assert steps.list_attainment_rows(SCOPE, QUARTER, as_known_at=at) == rows


def test_an_amended_plan_leaves_the_old_answer_alone_and_is_told(instance: Instance) -> None:
    instance.fill(96)
    before = instance.now
    assert _bhyt(steps.list_attainment_rows(SCOPE, QUARTER))["met"] is True
    instance.amend(98.0)
    after = instance.now
    assert _bhyt(steps.list_attainment_rows(SCOPE, QUARTER))["met"] is False
    assert _bhyt(steps.list_attainment_rows(SCOPE, QUARTER, as_known_at=before))["met"] is True
    found = steps.compare_snapshots(SCOPE, QUARTER, before, after)
    assert found["deliveries"] == []
    facts = {(f["kind"], f["field"].partition(".")[0]) for f in found["catalogue"]}
    assert facts == {("target", "milestones")}
    turned = [row for row in found["verdicts"] if row["plan"] == "kt-1693" and row["unit"] == "62"]
    assert [(row["indicator"], row["before"]["met"], row["after"]["met"]) for row in turned] == [("bhyt", True, False)]
    shown = "\n".join(lineage_text.format_difference_lines(found, SHIPPED))
    assert "đạt" in shown and "chưa đạt" in shown and "Danh mục thay đổi:" in shown


def test_a_report_reads_what_was_computed_and_sums_nothing(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attainment is computed once: the report, trace and difference of the same snapshot read the stored run."""
    instance.send(96)
    computed = _drafted()  # nothing stored yet: it had to be computed
    instance.send(97)
    steps.compute_attainment(SCOPE, QUARTER)
    summed: list[str] = []

    def note(*event: Any) -> None:
        # the statement of the roll-up of the year to this period; what a quarter alone brought nobody keeps
        if "per_home AS" in event[2] and all(f"'{key}'" in _quote(event[3]["owed"]) for key in ("2024Q1", QUARTER)):
            summed.append(event[2])

    listen(Engine, "before_cursor_execute", note)
    try:
        stored = _drafted()
        traced = steps.trace_number("kt-1693:quarter:2024Q2", "bhyt")
        assert summed == []
        steps.list_attainment_rows(SCOPE, "2024H1")  # not stored: the listener does see the roll-up
        assert summed
    finally:
        remove(Engine, "before_cursor_execute", note)
    assert traced["reproduces"], traced["problems"]
    assert stored.keys() == computed.keys()
    assert stored != computed
    monkeypatch.setattr(attainment_store, "fetch_attainment", lambda *_, **__: None)  # computed anew, not read
    assert _drafted() == stored


def _quote(owed: object) -> str:
    return str(owed).replace('"', "'")


def test_an_amended_target_is_computed_again_and_only_once(instance: Instance) -> None:
    def shown() -> bool:
        with connect.build_engine(settings.load_settings(), "reader").connect() as conn:
            said = "SELECT met FROM out.attainment WHERE plan = 'kt-1693' AND indicator = 'bhyt' AND unit_code = '62'"
            return bool(conn.execute(text(said)).scalar_one())

    instance.fill(96)
    steps.compute_attainment(SCOPE, QUARTER)
    steps.draft_period_reports(SCOPE, QUARTER)
    assert (shown(), steps.list_periods_to_compute([])) == (True, [])
    contacts = instance.home / "catalog" / "actors.yaml"
    contacts.write_text(contacts.read_text(encoding="utf-8") + "\n# nothing that a figure rests on\n", encoding="utf-8")
    steps.migrate_warehouse()
    assert steps.list_periods_to_compute([]) == [], "another catalogue, the same targets"
    instance.amend(98.0)
    assert steps.list_periods_to_compute([]) == [QUARTER], (
        "no cell changed, and yet the verdict shown is not the plan's"
    )
    assert steps.compute_attainment(SCOPE, QUARTER)["new"] is True
    assert steps.list_periods_to_compute([]) == [QUARTER], "computed, and its report still says the old verdict"
    steps.draft_period_reports(SCOPE, QUARTER)
    assert (shown(), steps.list_periods_to_compute([])) == (False, [])


def test_a_key_that_no_column_holds_makes_periods_stale_too(instance: Instance) -> None:
    """Which other place of the plan speaks of the same thing decides what counts; the warehouse has no column of it."""
    instance.send(96)
    steps.compute_attainment(SCOPE, QUARTER)
    assert steps.list_periods_to_compute([]) == [QUARTER], "its report is not drafted"
    steps.draft_period_reports(SCOPE, QUARTER)
    assert steps.list_periods_to_compute([]) == []
    path = instance.home / PLAN
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    next(t for t in plan["targets"] if t.get("indicator") == "bhyt")["contradicts"] = ["1"]
    path.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
    steps.migrate_warehouse()
    assert steps.list_periods_to_compute([]) == [QUARTER]


def test_a_chain_of_versions_is_told_by_its_ends(instance: Instance) -> None:
    instance.send(90)
    start = instance.now
    instance.send(91)
    middle = instance.now
    instance.send(92)
    found = steps.compare_snapshots(SCOPE, QUARTER, start, instance.now)
    told = [
        (d["version"], [(c["before"]["value"], c["after"]["value"]) for c in d["cells"]]) for d in found["deliveries"]
    ]
    assert told == [(2, []), (3, [(90, 92)])]
    found = steps.compare_snapshots(SCOPE, QUARTER, middle, instance.now)
    assert [d["version"] for d in found["deliveries"]] == [3]


def test_a_correction_is_told(instance: Instance) -> None:
    instance.send(95)
    before = instance.now
    instance.agree(95, 59)
    found = steps.compare_snapshots(SCOPE, QUARTER, before, instance.now)
    assert [(t["before"], t["after"]) for t in found["corrections"]] == [(None, "applied")]
    assert "đang áp dụng" in "\n".join(lineage_text.format_difference_lines(found, SHIPPED))
    assert _bhyt(steps.list_attainment_rows(SCOPE, QUARTER))["corrections"] == [found["corrections"][0]["correction"]]


def test_nothing_changed_says_so(instance: Instance) -> None:
    instance.send(95)
    now = instance.now
    shown = CliRunner().invoke(app, ["diff", "--scope", SCOPE, "--period", QUARTER, "--from", now, "--to", now])
    assert (shown.exit_code, "Không có gì thay đổi." in shown.stdout) == (0, True)


def test_times_that_make_no_sense_are_said(instance: Instance) -> None:
    now = instance.now
    with pytest.raises(UsageError, match="lies after"):
        steps.compare_snapshots(SCOPE, QUARTER, now, "2020-01-01T00:00:00+07:00")
    with pytest.raises(UsageError, match="nothing was recorded"):
        steps.list_attainment_rows(SCOPE, QUARTER, as_known_at="2020-01-01T00:00:00+07:00")
    with pytest.raises(UsageError, match="no time zone"):
        steps.compare_snapshots(SCOPE, QUARTER, "2020-01-01T00:00:00", now)


def _drafted(at: str | None = None) -> dict[str, bytes]:
    documents = steps.draft_period_reports(SCOPE, QUARTER, "kt-1693", at)["documents"]
    return {Path(d).name: Path(d).read_bytes() for d in documents}


def test_a_report_of_then_is_rebuilt_byte_for_byte(instance: Instance) -> None:
    instance.send(96)
    then = instance.now
    first = _drafted()
    words = instance.home / "templates" / "messages" / "words.yaml"
    words.write_text(words.read_text(encoding="utf-8").replace("met: Đạt", "met: Đạt mức"), encoding="utf-8")
    page = instance.home / "templates" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("<h1>BÁO CÁO", "<h1>BẢN BÁO CÁO"), encoding="utf-8")
    instance.amend(98.0)
    instance.send(93)
    assert _drafted() != first
    assert _drafted(then) == first


def test_a_trail_follows_the_catalogue_of_then(instance: Instance) -> None:
    instance.send(95)
    instance.agree(95, 59)
    steps.draft_period_reports(SCOPE, QUARTER, "kt-1693")
    instance.send(97)
    instance.amend(98.0)
    found = steps.trace_number("kt-1693:quarter:2024Q2", "bhyt")
    assert found["reproduces"], found["problems"]
    (leaf,) = [leaf for leaf in found["walk"]["leaves"] if leaf["included"]]
    cell = next(c for c in leaf["cells"] if c["data_element"] == "insured")
    (source,) = cell["sources"]
    assert (source["value"], source["taken"]["value"], cell["value"]) == (95, 59, 59)
    assert [c["standing"] for c in source["corrections"]] == ["applied"]
    assert "đính chính" in "\n".join(lineage_text.format_trace_lines(found, SHIPPED))


def test_the_same_catalogue_is_kept_once(instance: Instance) -> None:
    def kept() -> tuple[int, int]:
        with connect.build_engine(settings.load_settings(), "owner").connect() as conn:
            contents = conn.execute(text("SELECT count(*) FROM ops.content")).scalar_one()
            return contents, conn.execute(text("SELECT count(*) FROM ops.tree_file")).scalar_one()

    first = kept()
    steps.migrate_warehouse()
    assert kept() == first
    instance.amend(98.0)
    files = len(load_catalogue(instance.home / "catalog").files)
    assert kept() == (first[0] + 1, first[1] + files), "one file changed: one new content"


def test_a_catalogue_that_was_not_kept_is_said(instance: Instance) -> None:
    then = instance.now
    engine = connect.build_engine(settings.load_settings(), "owner")
    instance.amend(98.0)
    with engine.begin() as conn:
        for name in ("DISABLE", "ENABLE"):
            conn.execute(text(f"ALTER TABLE ops.tree_file {name} TRIGGER append_only"))
            if name == "DISABLE":
                conn.execute(text("DELETE FROM ops.tree_file"))
    with pytest.raises(WarehouseError, match="was not kept"):
        steps.list_attainment_rows(SCOPE, QUARTER, as_known_at=then)
