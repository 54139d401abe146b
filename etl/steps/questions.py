"""Which documents people have to decide on, and what they are told: figures, silent units, open findings, hashes.

Here a published report whose printed numbers changed gets its correction drafted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.model import Period, PeriodKind
from etl.settings import Settings
from etl.steps.common import Result, catalogue_as_known, current_engine, is_period, start
from etl.steps.drafting import printed_with
from etl.steps.outcome import alone
from etl.steps.paper import add_pdf
from etl.steps.signoff import drafts, facts_name, facts_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.report.correction import Cause
    from etl.warehouse.signing import Document


def to_sign(
    scopes: Iterable[str], period: str, cadence: str, run: str, waits: Callable[[str], bool] = lambda _: False
) -> list[Result]:
    """The documents of some scopes that a run has to ask people about. Grain: document.

    A document is asked about once: not again while another run waits for its answer (`waits` says so), nor after it
    was decided, unless this very run asked before and was told to ask again.

    Shape: ``report`` (number), ``subject`` and ``body`` (Markdown, Vietnamese).
    """
    settings, catalogue = start()
    key = Period.parse(period)
    asked = []
    with current_engine(settings, catalogue).begin() as conn:
        for name in scopes:
            scope = catalogue.scope(name)
            alone(conn, scope.id, key)
            for definition in scope.reports:
                if definition.cadence == cadence:
                    of = {"scope": scope.id, "plan": definition.plan, "cadence": cadence, "period": key.key}
                    document = _undecided(conn, settings, catalogue, of, run, waits)
                    if document:
                        asked.append(_question(conn, settings, catalogue, document))
    return asked


def _undecided(
    conn: Connection,
    settings: Settings,
    catalogue: Catalogue,
    key: Mapping[str, str],
    run: str,
    waits: Callable[[str], bool],
) -> Document | None:
    """The document of a report that this run has to ask about, noted as asked; None where there is none."""
    from etl.warehouse import signing

    every = signing.documents(conn, key)
    reports = [d for d in every if d.kind == "report"]
    if not reports:
        return None
    document = _correction(conn, settings, catalogue, every) if any(d.published for d in every) else reports[0]
    if document is None or document.decision == "approved":
        return None
    runs = signing.asked_by(conn, document.report_id)
    if run not in runs and (document.decision or any(waits(other) for other in runs)):
        return None
    signing.ask(conn, document.report_id, run)
    return document


# --- corrections -----------------------------------------------------------------------------------------


def _correction(conn: Connection, settings: Settings, catalogue: Catalogue, every: list[Document]) -> Document | None:
    """The correction that a published report needs now, drafted where it is not there yet; None where none is."""
    from etl.report.correction import differs
    from etl.warehouse import signing

    published = next(d for d in every if d.published)
    latest = next(d for d in every if d.kind == "report")
    sha256 = published.states or published.files[facts_name(published)]
    before = json.loads(signing.content(conn, sha256) or b"{}")
    present = facts_of(settings, latest)
    if not differs(before, present):
        return None
    standing = next((d for d in every if d.kind == "correction" and d.report_id > published.report_id), None)
    if standing and _whole(settings, standing) and not differs(_stated(conn, standing), present):
        return standing
    return _drafted(conn, settings, catalogue, published, latest, before, present)


def _stated(conn: Connection, correction: Document) -> dict[str, Any]:
    from etl.warehouse import signing

    return dict(json.loads(signing.content(conn, correction.states) or b"{}"))


def _whole(settings: Settings, document: Document) -> bool:
    paths = {drafts(settings, document) / name: sha256 for name, sha256 in document.files.items()}
    return all(p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == sha256 for p, sha256 in paths.items())


def _drafted(
    conn: Connection,
    settings: Settings,
    catalogue: Catalogue,
    published: Document,
    latest: Document,
    before: dict[str, Any],
    present: dict[str, Any],
) -> Document:
    from etl.catalog.files import tree_files, tree_hash
    from etl.report.correction import CorrectionInput, draft_correction
    from etl.warehouse import as_known, signing

    first = published.corrects or published.report_id
    causes = _causes(conn, catalogue, published, latest, before, present)
    given = CorrectionInput(first, before, present, tuple(causes))
    stem = f"{latest.plan}_{latest.period}"
    made = draft_correction(given, settings.templates, drafts(settings, latest), stem)
    add_pdf([made], latest.known_at)
    as_known.keep(conn, tree_hash(settings.templates), tree_files(settings.templates))
    states = signing.keep_content(conn, (drafts(settings, latest) / facts_name(latest)).read_bytes())
    number = signing.record_correction(
        conn,
        signing.CorrectionRecord(
            **latest.key,
            snapshot_id=latest.snapshot_id,
            known_at=latest.known_at,
            files={p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in made.values()},
            templates=printed_with(settings.templates),
            corrects=first,
            states=states,
        ),
    )
    (document,) = signing.documents(conn, report_id=number)
    return document


def _causes(
    conn: Connection,
    present_catalogue: Catalogue,
    published: Document,
    latest: Document,
    before: dict[str, Any],
    present: dict[str, Any],
) -> list[Cause]:
    """The submissions between the two snapshots that touch a figure that changed; all of them where none does."""
    from etl.report.correction import Cause, changed_indicators
    from etl.warehouse import difference

    catalogue = catalogue_as_known(conn, present_catalogue, latest.known_at)
    scope, period = catalogue.scope(latest.scope), Period.parse(latest.period)
    keys = _rests_on(catalogue, period, before, present)
    arrived = difference.arrivals(conn, scope, keys, published.known_at, latest.known_at)
    elements = _elements(catalogue, changed_indicators(before, present))
    touching = [a for a in arrived if any(change.data_element in elements for change in a.changes)]
    return [
        Cause(
            unit=catalogue.unit_name(a.reporter, Period.parse(a.period).end),
            form=catalogue.forms[a.form].title if a.form in catalogue.forms else a.form,
            period=Period.parse(a.period).name,
            version=a.version,
            received_at=a.received_at,
            cells=len(a.changes),
        )
        for a in touching or arrived
    ]


def _elements(catalogue: Catalogue, indicators: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for code in indicators:
        indicator = catalogue.indicators.get(code)
        if indicator is None:
            continue
        found |= {indicator.published_element} if indicator.published_element else set()
        for side in (indicator.numerator, indicator.denominator):
            if side is not None:
                found |= {*side.elements, *([side.count_of] if side.count_of else [])}
    return found


def _rests_on(catalogue: Catalogue, period: Period, *facts: dict[str, Any]) -> list[str]:
    """The periods that a report's figures may come from: its year, the one before, what was carried or compared."""
    carried = {f["as_of"] for given in facts for units in given["figures"].values() for f in units.values()}
    bases = {t.baseline.period for p in catalogue.plans.values() for t in p.targets if t.baseline}
    years = {Period.parse(key).year for key in carried | bases if is_period(key)} | {period.year, period.year - 1}
    every = {
        p.key
        for scope in catalogue.scopes.values()
        for kind in PeriodKind
        for p in catalogue.periods(scope, kind)
        if p.year in years and p.end <= period.end
    }
    return sorted(every)


# --- what people are told --------------------------------------------------------------------------------


def _question(conn: Connection, settings: Settings, catalogue: Catalogue, document: Document) -> Result:
    facts = facts_of(settings, document)
    what = "báo cáo đính chính" if document.kind == "correction" else "báo cáo"
    simulated = "[SỐ LIỆU MÔ PHỎNG] " if facts["simulated"] else ""
    plan, period = facts["plan"]["short_title"], facts["period"]["name"]
    lines = [
        f"**{facts['head']['office']}**: dự thảo {what} thực hiện {plan}, {period}.",
        *_headline(document, facts),
        *_open_findings(conn, catalogue, document),
        *_earlier(conn, document),
        "**Dự thảo**",
        *_files(settings, document),
        f"- Mã báo cáo: {document.report_id}",
        f"- Số liệu chốt lúc {facts['snapshot']['text']}; mã chốt số liệu `{document.snapshot_id}`",
        "Chọn **Phê duyệt** để phát hành đúng các tệp nêu trên; chọn **Trả lại** và ghi lý do nếu cần sửa. "
        "Chưa có người quyết định thì báo cáo chưa được phát hành.",
    ]
    return {
        "report": document.report_id,
        "subject": f"{simulated}Duyệt {what} {plan}, {period}",
        "body": "\n\n".join(lines),
    }


def _headline(document: Document, facts: dict[str, Any]) -> list[str]:
    """How many targets stand where and who is missing; of a correction, why and how much changes."""
    if document.kind == "correction":
        said = [*facts["causes"], facts["figures"], *facts["verdicts"]]
    else:
        said = [*facts["summary"], *facts["situation"]]
    return ["**Số liệu chính**", "\n".join(f"- {line.removeprefix('- ')}" for line in said)]


def _open_findings(conn: Connection, catalogue: Catalogue, document: Document) -> list[str]:
    from etl.warehouse.reported import statuses

    scope, period = catalogue.scope(document.scope), Period.parse(document.period)
    found = [s for s in statuses(conn, catalogue, scope, period, as_known_at=document.known_at) if s.findings_confirm]
    if not found:
        return ["**Cảnh báo cần xác nhận**: không có."]
    lines = [f"- {s.unit_name}: {s.findings_confirm}" for s in found]
    return [f"**Cảnh báo cần xác nhận**: {sum(s.findings_confirm for s in found)}", "\n".join(lines)]


def _earlier(conn: Connection, document: Document) -> list[str]:
    """Why the draft before this one was sent back, if it was."""
    from etl.warehouse import signing

    for earlier in signing.documents(conn, document.key):
        if earlier.kind == document.kind and earlier.report_id <= document.report_id and earlier.decision:
            if earlier.decision == "sent_back":
                return [
                    f"**Lần trước bị trả lại** (mã {earlier.report_id}, {earlier.decided_by}, "
                    f"{earlier.decided_at}): {earlier.reason}"
                ]
            return []
    return []


def _files(settings: Settings, document: Document) -> list[str]:
    folder = drafts(settings, document)
    return ["\n".join(f"- `{folder / name}`  \n  SHA-256 `{sha256}`" for name, sha256 in document.files.items())]
