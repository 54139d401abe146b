"""Which documents people have to decide on: noted once each, and they wait on the page, not in a run of Airflow.

Here a published report whose printed numbers changed gets its correction drafted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from etl.approval.publication import build_draft_path, find_facts_name, read_report_facts
from etl.approval.signoff_question import build_signoff_question
from etl.attain import list_compared_periods
from etl.attainment.attainment_rows import lock_period
from etl.catalog import Catalogue
from etl.catalog.catalogue_files import compute_tree_hash, read_tree_files
from etl.core.instance import (
    Result,
    load_catalogue_as_known,
    load_settings_and_catalogue,
    open_current_engine,
)
from etl.drafting.draft_pdf import add_pdf
from etl.drafting.report_drafts import build_printing_release
from etl.errors import StorageError
from etl.model import Period, PeriodKind
from etl.model.report_key import ReportKey
from etl.model.vietnam_time import get_current_date
from etl.report.correction_report import (
    CorrectionCause,
    CorrectionInput,
    has_printed_changes,
    list_changed_indicators,
    needs_replacement,
    write_correction_draft,
)
from etl.report.report_facts import ReportFacts, parse_report_facts
from etl.settings import Settings
from etl.warehouse import recorded_changes, signoff_store, snapshots_of_files
from etl.warehouse.signoff_store import SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection


def request_signoffs(scopes: Iterable[str], period: str, cadence: str, run: str) -> list[Result]:
    """The documents of some scopes that people have to decide on, noted as asked about. Grain: document.

    A document is asked about once: by the run that found it first, which is given the same again, and not after it was
    decided. It waits in the warehouse for as long as it takes; one that a newer draft replaces is asked about no more.

    Shape: ``report`` (number), ``subject`` (Vietnamese: plan, period, office).
    """
    settings, catalogue = load_settings_and_catalogue()
    key, today = Period.parse(period), get_current_date()
    requests = []
    with open_current_engine(settings, catalogue).begin() as conn:
        for name in scopes:
            scope = catalogue.get_scope(name)
            if catalogue.find_office(scope, today) is None:  # it stays a draft, and says whose decision is missing
                continue
            lock_period(conn, scope.id, key)
            for definition in scope.reports:
                if definition.cadence == cadence:
                    report_key = definition.build_key(scope.id, key.key)
                    document = _find_undecided_document(conn, settings, catalogue, report_key, run)
                    if document:
                        question = build_signoff_question(conn, settings, catalogue, document)
                        requests.append({"report": question.report, "subject": question.subject})
    return requests


def _find_undecided_document(
    conn: Connection, settings: Settings, catalogue: Catalogue, key: ReportKey, run: str
) -> SignableDocument | None:
    """The document of a report that this run has to ask about, noted as asked; None where there is none."""
    every = signoff_store.fetch_documents(conn, key)
    reports = [d for d in every if d.kind == "report"]
    if not reports:
        return None
    document = (
        _find_or_draft_correction(conn, settings, catalogue, every) if any(d.published for d in every) else reports[0]
    )
    if document is None or document.decision:
        return None
    runs = signoff_store.fetch_asking_runs(conn, document.report_id)
    if not runs:
        signoff_store.record_question(conn, document.report_id, run)
    return document if run in (runs or [run]) else None


# --- corrections -----------------------------------------------------------------------------------------


def _find_or_draft_correction(
    conn: Connection, settings: Settings, catalogue: Catalogue, every: list[SignableDocument]
) -> SignableDocument | None:
    """The correction that a published report needs now, drafted where it is not there yet; None where none is."""
    published = next(d for d in every if d.published)
    latest = next(d for d in every if d.kind == "report")
    sha256 = published.states or published.files[find_facts_name(published)]
    before = _fetch_report_facts(conn, sha256)
    present = read_report_facts(settings, latest)
    if not needs_replacement(before, present, catalogue.thresholds["replacement_change"]):
        return None
    correction = next((d for d in every if d.kind == "correction" and d.report_id > published.report_id), None)
    if (
        correction
        and _has_unchanged_files(settings, correction)
        and not has_printed_changes(_fetch_report_facts(conn, correction.states), present)
    ):
        return correction
    return _write_correction_draft(conn, settings, catalogue, published, latest, before, present)


def _fetch_report_facts(conn: Connection, sha256: str) -> ReportFacts:
    """The facts of what was published, or of what holds once it is, as they are kept."""
    kept = signoff_store.fetch_content(conn, sha256)
    if kept is None:
        raise StorageError(
            "the facts of a published document are not kept",
            where=f"ops.content {sha256}",
            fix="restore a backup",
        )
    return parse_report_facts(kept, sha256)


def _has_unchanged_files(settings: Settings, document: SignableDocument) -> bool:
    paths = {build_draft_path(settings, document) / name: sha256 for name, sha256 in document.files.items()}
    return all(p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == sha256 for p, sha256 in paths.items())


def _write_correction_draft(
    conn: Connection,
    settings: Settings,
    catalogue: Catalogue,
    published: SignableDocument,
    latest: SignableDocument,
    before: ReportFacts,
    present: ReportFacts,
) -> SignableDocument:

    first = published.corrects or published.report_id
    causes = _list_correction_causes(conn, catalogue, published, latest, before, present)
    (original,) = signoff_store.fetch_documents(conn, report_id=first)
    correction_input = CorrectionInput(first, before, present, tuple(causes), original.registration)
    folder = build_draft_path(settings, latest)
    made = write_correction_draft(correction_input, settings.templates, folder, latest.key.stem)
    add_pdf([made], latest.known_at)
    snapshots_of_files.store_folder(conn, compute_tree_hash(settings.templates), read_tree_files(settings.templates))
    states = signoff_store.store_content(conn, (folder / find_facts_name(latest)).read_bytes())
    number = signoff_store.record_correction(
        conn,
        signoff_store.CorrectionRecord(
            latest.key,
            snapshot_id=latest.snapshot_id,
            known_at=latest.known_at,
            files={p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in made.values()},
            templates=build_printing_release(settings.templates),
            corrects=first,
            states=states,
        ),
    )
    (document,) = signoff_store.fetch_documents(conn, report_id=number)
    return document


def _list_correction_causes(
    conn: Connection,
    present_catalogue: Catalogue,
    published: SignableDocument,
    latest: SignableDocument,
    before: ReportFacts,
    present: ReportFacts,
) -> list[CorrectionCause]:
    """The submissions between the two snapshots that touch a figure that changed; all of them where none does."""
    catalogue = load_catalogue_as_known(conn, present_catalogue, latest.known_at)
    scope, period = catalogue.get_scope(latest.scope), Period.parse(latest.period)
    keys = _list_figure_periods(catalogue, period, before, present)
    arrived = recorded_changes.fetch_arrived_versions(conn, scope, keys, published.known_at, latest.known_at)
    elements = _list_indicator_elements(catalogue, list_changed_indicators(before, present))
    touching = [a for a in arrived if any(change.data_element in elements for change in a.changes)]
    return [
        CorrectionCause(
            unit=catalogue.find_unit_name(a.reporter, Period.parse(a.period).end),
            form=catalogue.forms[a.form].title if a.form in catalogue.forms else a.form,
            period=Period.parse(a.period).name,
            version=a.version,
            received_at=a.received_at,
            cells=len(a.changes),
        )
        for a in touching or arrived
    ]


def _list_indicator_elements(catalogue: Catalogue, indicators: Iterable[str]) -> set[str]:
    elements: set[str] = set()
    for code in indicators:
        indicator = catalogue.indicators.get(code)
        if indicator is None:
            continue
        elements |= {indicator.published_element} if indicator.published_element else set()
        elements |= {term.data_element for term in indicator.terms}
    return elements


def _list_figure_periods(catalogue: Catalogue, period: Period, *facts: ReportFacts) -> list[str]:
    """The periods that a report's figures may come from: its year, the one before, what was carried or compared."""
    carried = {figure.as_of for report_facts in facts for figure in report_facts.list_figures()}
    bases = {t.baseline.period or "" for p in catalogue.plans.values() for t in p.targets if t.baseline}
    compared = {p.year for c in catalogue.plans.values() for t in c.targets for p in list_compared_periods(t, period)}
    years = {Period.parse(key).year for key in carried | bases if Period.is_key(key)} | {period.year, period.year - 1}
    years |= compared
    every = {
        p.key
        for scope in catalogue.scopes.values()
        for kind in PeriodKind
        for p in catalogue.list_owed_periods(scope, kind)
        if p.year in years and p.end <= period.end
    }
    return sorted(every)
