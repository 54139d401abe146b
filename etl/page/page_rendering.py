"""From rows to HTML: templates of `templates/page/`, and how a time, a number, a period and a name are written.

Everything is escaped. A catalogue that cannot be read costs names, not the page: codes stand in their place, and the
page says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from etl.catalog import Catalogue, load_catalogue, models
from etl.core.disk_usage import measure_disks
from etl.errors import CatalogueError, SettingsError
from etl.messages import Messages, load_messages
from etl.model import Period
from etl.model.numbers import format_number
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_time
from etl.page.page_login import PageUser
from etl.settings import PROJECT_ROOT, Settings, load_settings
from etl.warehouse import page_views
from etl.warehouse.connect import build_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

FOLDER_NAME = "page"
Language = Literal["vi", "en"]
_ENGLISH_MARKS = str.maketrans(".,", ",.")


@dataclass(frozen=True)
class PageDesk:
    """What every page starts from. `catalogue` is None where its files cannot be read; `trouble` then says why.

    `root` is the address that the page is mounted at, with a slash at its end; `language` that of engineers' pages;
    `switch` the address of this page in the other one.
    """

    settings: Settings
    catalogue: Catalogue | None
    trouble: str
    wording: Messages
    user: PageUser
    now: dt.datetime
    root: str
    language: Language
    switch: str

    @property
    def today(self) -> dt.date:
        """The day in Viet Nam."""
        return self.now.astimezone(VIETNAM_ZONE).date()

    @property
    def airflow(self) -> str:
        """The address of Airflow's own pages, which this page is mounted below."""
        return self.root.rstrip("/").rpartition("/")[0] + "/"

    @contextmanager
    def open_reader(self) -> Iterator[Connection]:
        """A connection in the reader's role."""
        engine = build_engine(self.settings, "reader")
        try:
            with engine.connect() as conn:
                page_views.start_reading(conn)
                yield conn
        finally:
            engine.dispose()

    def find_scope(self, scope: str) -> models.Scope | None:
        """The scope of that name; None where there is none, or no catalogue."""
        return self.catalogue.scopes.get(scope) if self.catalogue else None

    def get_name(self, kind: str, code: str) -> str:
        """What a scope, form or plan is called; its code where the catalogue does not say."""
        if self.catalogue is None:
            return code
        if kind == "scope":
            scope = self.catalogue.scopes.get(code)
            return scope.name if scope else code
        if kind == "form":
            form = self.catalogue.forms.get(code)
            return form.title if form else code
        plan = self.catalogue.plans.get(code)
        return plan.short_title if plan else code

    def get_document_name(self, document: Row[Any]) -> str:
        """The plan of a document; whom it is for, where several reports are made on the plan."""
        name, scope = self.get_name("plan", document.plan), self.find_scope(document.scope)
        if not document.audience:
            return name
        report = scope.find_report(document.plan, document.cadence, document.audience) if scope else None
        day = document.known_at.astimezone(VIETNAM_ZONE).date()
        names = (
            [self.catalogue.find_body_name(to, day) for to in report.recipients] if self.catalogue and report else []
        )
        said = ", ".join(filter(None, names)) or document.audience
        return self.wording.format("question.plan_to", plan=name, recipients=said)


def open_desk(user: PageUser, root: str, language: Language, switch: str) -> PageDesk:
    """Settings, names and words as they are now, for a page that is mounted at `root`."""
    settings = load_settings()
    catalogue, trouble = None, ""
    try:
        catalogue = load_catalogue(settings.catalog)
    except CatalogueError as error:
        trouble = str(error)
    wording = load_messages(settings.templates)
    return PageDesk(settings, catalogue, trouble, wording, user, get_current_time(), root, language, switch)


def count_pages(found: int) -> int:
    """How many pages a list of that many rows has; one where it has none."""
    return max(1, -(-found // page_views.PAGE_SIZE))


def _build_environment(templates: Path, language: Language) -> Environment:
    loader = FileSystemLoader(templates / FOLDER_NAME)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.globals.update(language=language, t=lambda *words: words[language == "en"])
    return environment


def render_page(desk: PageDesk, template: str, *, for_engineers: bool = False, **context: object) -> str:
    """A page of `templates/page/`: of the office, in Vietnamese, or one for engineers, in the reader's language.

    In a template, `t(Vietnamese, English)` is the one that the page is shown in.
    """
    language = desk.language if for_engineers else "vi"
    environment = _build_environment(desk.settings.templates, language)
    environment.filters.update(
        moment=lambda at: format_page_moment(at, desk.wording if language == "vi" else None),
        day=lambda day: format_page_day(day, language),
        period=lambda key: format_page_period(key, language),
        number=lambda value, decimals=None: format_page_number(value, decimals, language),
        size=lambda size: format_page_size(size, language),
    )
    return environment.get_template(template).render(
        desk=desk,
        words=desk.wording.texts,
        simulated=desk.settings.simulated,
        short_disks=[disk.name for disk in measure_disks(desk.settings) if disk.is_short],
        root=desk.root,
        switch=desk.switch if for_engineers else "",
        **context,
    )


def render_error_page(status: int, what: str = "", fix: str = "", language: Language = "vi") -> str:
    """What went wrong, for whoever met it; shows nothing of the warehouse, for it may be shown to anyone."""
    try:
        templates = load_settings().templates
    except SettingsError:  # the page is asked to say just that
        templates = PROJECT_ROOT / "templates"
    return _build_environment(templates, language).get_template("error.html").render(status=status, what=what, fix=fix)


def format_page_moment(at: dt.datetime | str | None, wording: Messages | None) -> str:
    """A time in Viet Nam, as the documents write it, or for engineers without wording; nothing for none."""
    if not at:
        return ""
    moment = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    local = moment.astimezone(VIETNAM_ZONE)
    return wording.format_moment(local) if wording else f"{local:%Y-%m-%d %H:%M} (UTC+7)"


def format_page_day(day: dt.date | None, language: Language = "vi") -> str:
    """A day: ``05/04/2024``, for engineers in English ``2024-04-05``."""
    return f"{day:%d/%m/%Y}" if day and language == "vi" else f"{day or ''}"


def format_page_period(key: str | None, language: Language = "vi") -> str:
    """A period's name, for engineers in English its key; what is no period stays as it is."""
    return Period.parse(key).name if key and language == "vi" and Period.is_key(key) else key or ""


def format_page_number(value: Any, decimals: int | None = None, language: Language = "vi") -> str:
    """A number as documents print it; nothing for none: missing is not zero."""
    text = "" if value is None else format_number(Fraction(value), decimals)
    return text if language == "vi" else text.translate(_ENGLISH_MARKS)


def format_page_size(size: int | None, language: Language = "vi") -> str:
    """Bytes in MB or GB."""
    if size is None:
        return ""
    amount, unit = (size / 1e9, "GB") if size >= 1e9 else (size / 1e6, "MB")
    return f"{format_page_number(amount, 1, language)} {unit}"
